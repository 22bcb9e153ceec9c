"""The command itself: exit status, screen, JSON, and that it is really pyst2 that speaks."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.integration.cli.clinic import Clinic
from tests.integration.cli.good_pbx import GoodPbx
from zhitong.cli import console
from zhitong.cli.main import app


async def doctor(clinic: Clinic, *options: str) -> Result:
    """Run ``zhitong doctor`` in a thread, while the fake PBX answers in ours."""
    arguments = ["doctor", "--site", str(clinic.site_file), "--listen", "0", *options]
    return await asyncio.to_thread(CliRunner().invoke, app, arguments)


async def report(clinic: Clinic) -> tuple[int, dict[str, Any]]:
    result = await doctor(clinic, "--json")
    return result.exit_code, json.loads(result.output)


async def test_a_healthy_pbx(clinic: Clinic) -> None:
    status, said = await report(clinic)
    assert status == 0
    assert said["worst"] == "note"
    assert said["counts"]["error"] == said["counts"]["warning"] == 0
    assert sum(said["counts"].values()) == len(said["findings"])


async def test_a_warning_is_no_failure(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.rights["Command"] = "command,all"
    status, said = await report(clinic)
    assert (status, said["worst"]) == (0, "warning")


async def test_an_error_is(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.settings["AsteriskVersion"] = "16.28.0"
    status, said = await report(clinic)
    assert (status, said["worst"]) == (1, "error")


async def test_every_finding_that_is_not_well_has_a_remedy_in_both_languages(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.settings |= {"AsteriskVersion": "16.28.0", "SystemName": "x", "CoreCDRenabled": "No"}
    pbx.dialplan.clear()
    pbx.queues.clear()
    pbx.unloaded = {"app_queue"}
    _, said = await report(clinic)
    bad = [finding for finding in said["findings"] if finding["severity"] != "ok"]
    assert len(bad) >= 8
    for finding in bad:
        for words in (finding["found"], finding["remedy"]):
            assert any("\u4e00" <= char <= "\u9fff" for char in words["zh"])
            assert words["en"]
            assert not any("\u4e00" <= char <= "\u9fff" for char in words["en"])
    assert all("remedy" not in finding for finding in said["findings"] if finding["severity"] == "ok")


@pytest.mark.parametrize("width", [40, 80, 200])
async def test_the_screen(clinic: Clinic, pbx: GoodPbx, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    pbx.settings["SystemName"] = "[red]other[/red]"  # what a PBX says is no markup
    monkeypatch.setattr(console.out, "_width", width)
    result = await doctor(clinic)
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert any(line.startswith("✗ 系统名是 [red]other[/red]") for line in lines) or width == 40
    assert lines[-1].startswith("正常 ok ")
    assert lines[-1].endswith("错误 error 1")
    assert "→" in result.output
    assert "Traceback" not in result.output


async def test_a_site_that_is_not_there(tmp_path: Path) -> None:
    result = await doctor(Clinic(tmp_path / "none.toml"))
    assert result.exit_code == 1
    assert "none.toml: cannot be read" in " ".join(result.output.split())


async def test_it_is_pyst2_that_speaks(clinic: Clinic, pbx: GoodPbx) -> None:
    """A client of ours would announce itself otherwise: pyst2 sends Action, ActionID and then the fields."""
    await doctor(clinic)
    assert list(pbx.asked("Login")[0]) == ["Action", "ActionID", "Username", "Secret"]
    assert all(action["ActionID"].startswith("zt-doctor-") for action in pbx.actions)
