"""A site in a directory, and somebody at a terminal who types ``zhitong …``."""

import asyncio
import re
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from telephony.config import read_site
from telephony.model.ids import CallId
from telephony.places import database_url
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore
from zhitong.cli import console
from zhitong.cli.main import main

SITE = """\
name = "某市12345"
hotline = ["12345"]
time_zone = "Asia/Shanghai"

[[trunk]]
name = "carrier"
hosts = ["192.0.2.1"]

[[queue]]
name = "citizens"

[[queue]]
name = "policy"
"""

ANY_LONG_NUMBER = re.compile(r"(?<![\w.-])\d{7,}(?![\w.-])")


class Said(msgspec.Struct, frozen=True):
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def both(self) -> str:
        return self.out + self.err


class Terminal:
    """``zhitong`` run in this process, as ``python -m zhitong`` runs it, with ZHITONG_SITE set."""

    def __init__(self, site_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.site_file = site_file
        self.folder = site_file.parent
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.width(160)

    def width(self, columns: int) -> None:
        for each in (console.out, console.err):
            self._monkeypatch.setattr(each, "width", columns)

    def zhitong(self, *arguments: str | Path) -> Said:
        self._monkeypatch.setattr(sys, "argv", ["zhitong", *map(str, arguments)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(int(end.value.code or 0), said.out, said.err)

    def keep(self, records: Iterable[CallRecord]) -> None:
        """Put records into the site's database."""
        asyncio.run(self._keep(list(records)))

    def spoil(self, call_id: CallId) -> None:
        """Damage a record in the database file."""
        with closing(sqlite3.connect(self.folder / "var" / "zhitong.db")) as connection, connection:
            spoilt = connection.execute("UPDATE calls SET body = substr(body, 1, 200) WHERE call_id = ?", (call_id,))
            assert spoilt.rowcount == 1

    async def _keep(self, records: list[CallRecord]) -> None:
        store = await RecordStore.open(database_url(self.site_file, read_site(self.site_file)))
        await store.write(records)
        await store.close()


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    site_file = tmp_path / "site.toml"
    site_file.write_text(SITE, encoding="utf-8")
    monkeypatch.setenv("ZHITONG_SITE", str(site_file))
    return Terminal(site_file, capsys, monkeypatch)
