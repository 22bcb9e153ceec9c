"""What all commands share at the screen."""

import sys

import pytest

from telephony.model.ids import Micros
from zhitong.cli import console


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (None, "—"),
        (0, "0 s"),
        (1, "1 ms"),
        (99, "99 ms"),
        (100, "0.1 s"),
        (3_030, "3.0 s"),
        (99_940, "99.9 s"),
        (100_000, "1:40"),
        (185_300, "3:05"),
        (3_599_999, "59:59"),
        (3_600_000, "1:00:00"),
        (90_061_000, "25:01:01"),
    ],
)
def test_durations(milliseconds: int | None, shown: str) -> None:
    assert console.seconds(milliseconds) == shown


@pytest.mark.parametrize(
    ("at", "zone", "shown"),
    [
        (None, "UTC", "—"),
        (0, "UTC", "1970-01-01 00:00:00.000"),
        (1_795_402_664_123_999, "Asia/Shanghai", "2026-11-23 10:57:44.123"),
        (1_795_402_664_123_999, "Europe/Berlin", "2026-11-23 03:57:44.123"),
        (-1, "UTC", "1969-12-31 23:59:59.999"),
        (10**18, "UTC", "1000000000000000000"),
        (-(10**18), "UTC", "-1000000000000000000"),
    ],
)
def test_times_in_the_sites_zone(at: int | None, zone: str, shown: str) -> None:
    assert console.clock(None if at is None else Micros(at), zone) == shown
    if at is not None and abs(at) < 10**18:
        assert console.clock(Micros(at), zone, date=False) == shown[11:]


@pytest.mark.parametrize(
    ("width", "shown"),
    [(40, "没有通话。  No calls.\n"), (21, "没有通话。  No calls.\n"), (20, "没有通话。\nNo calls.\n")],
)
def test_two_languages_on_one_line_if_they_fit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int, shown: str
) -> None:
    monkeypatch.setattr(console.out, "width", width)
    console.say("没有通话。", "No calls.")
    assert capsys.readouterr().out == shown


def test_what_is_said_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    console.say("文件 /tmp/[red]/x", "[/nosuch]")
    assert capsys.readouterr().out == "文件 /tmp/[red]/x  [/nosuch]\n"


def test_a_command_to_be_typed_is_never_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.out, "width", 20)
    console.show_command("zhitong calls list --site /tmp/[a]/site.toml")
    assert capsys.readouterr().out == "  zhitong calls list --site /tmp/[a]/site.toml\n"


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        ("/opt/x/.venv/bin/zhitong", "/opt/x/.venv/bin/zhitong"),
        (".venv/bin/zhitong", ".venv/bin/zhitong"),
        ("/opt/x/zhitong/__main__.py", f"{sys.executable} -m zhitong"),
        ("/bin/sh", "sh"),  # what the shell would find by its name
    ],
)
def test_how_this_program_was_called(monkeypatch: pytest.MonkeyPatch, called: str, shown: str) -> None:
    monkeypatch.setattr(sys, "argv", [called])
    monkeypatch.setenv("PATH", "/bin")
    assert console.program() == shown


def test_headings_stand_one_above_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    made = console.table("通话 calls", "编号 call id", "通话 talk", right=(1,))
    made.add_row("01", "5 s")
    console.out.print(made)
    rows = [row.rstrip() for row in capsys.readouterr().out.splitlines()]
    assert rows[:3] == ["通话 calls", "编号     通话", "call id  talk"]
    assert rows[4] == "01        5 s"
