"""``python -m bench``: what it prints, writes and returns. The race itself is a short one."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from bench import __main__ as bench
from bench import pipeline_report
from bench.machine import machine, memory_gib, processor, versions
from bench.pipeline import Figures
from bench.rounds import Spread
from bench.section import Effort, Section
from telephony.errors import LabError

SHORT = ["pipeline", "--rounds", "1", "--seconds", "0.001"]


def figures(ratio: float = 4.2, *, as_plain: bool = True) -> Figures:
    return Figures(
        events=1000,
        calls=10,
        changes=900,
        changes_as_plain=as_plain,
        zhitong=Spread(420_000.0, 400_000.0, 440_000.0),
        panoramisk=Spread(100_000.0, 90_000.0, 110_000.0),
        ratio=Spread(ratio, ratio - 0.1, ratio + 0.1),
    )


def printed(table: Table) -> str:
    file = io.StringIO()
    Console(width=160, file=file).print(table)
    return file.getvalue()


def test_one_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bench" / "report.json"
    assert bench.main([*SHORT, "--report", str(path)]) == 0
    report = json.loads(path.read_text())
    assert set(report["pipeline_vs_panoramisk"]) == {"unfiltered", "filtered"}
    assert all(ratio > 0 for ratio in report["pipeline_vs_panoramisk"].values())
    assert set(report["events_per_s"]["filtered"]) == {"zhitong", "panoramisk"}
    assert report["pipeline"]["filtered"]["changes_as_plain"] is True
    assert report["recording"]["asterisk"].startswith("Asterisk 2")
    assert {"processor", "cores", "memory_gib", "system", "load"} <= set(report["machine"])
    assert {"Python", "Zhitong", "panoramisk"} <= set(report["versions"])
    assert report["made"].endswith("+00:00")
    assert report["targets"]["pipeline_vs_panoramisk.filtered"]["value"] == report["pipeline_vs_panoramisk"]["filtered"]
    assert report["targets"]["desktop_kib"]["met"] is None
    assert report["benches"]["pipeline"]["table"]["rows"][0][0] == "全部事件 unfiltered"
    assert report["benches"]["pipeline"]["took_s"] > 0
    said = capsys.readouterr().out
    order = ("机器 machine", "版本 versions", "流水线", "where we stand")
    assert sorted(order, key=said.index) == list(order)
    assert "unfiltered" in said
    assert "filtered" in said


def test_an_unknown_bench_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "report.json"
    assert bench.main(["pipelin", "--report", str(path)]) == 2
    assert "pipelin; there are pipeline" in capsys.readouterr().err
    assert not path.exists()


@pytest.mark.parametrize("wrong", [["--rounds", "0"], ["--seconds", "0"], ["--seconds", "-1"], ["--seconds", "nan"]])
def test_effort_that_measures_nothing_is_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        bench.main(wrong)
    assert refused.value.code == 2


def test_a_wrong_result_fails_the_run_but_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = Section({"key": 1}, Table(), wrong="filtered: the changes differ")
    monkeypatch.setitem(bench.BENCHES, "pipeline", lambda _effort, _say: section)
    path = tmp_path / "report.json"
    assert bench.main(["pipeline", "--report", str(path)]) == 1
    assert json.loads(path.read_text())["key"] == 1


@pytest.mark.parametrize("error", [LabError("no Asterisk"), KeyError("lost")])
def test_a_bench_that_breaks_leaves_the_others_their_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def breaks(_effort: Effort, _say: object) -> Section:
        raise error

    monkeypatch.setitem(bench.BENCHES, "pipeline", breaks)
    monkeypatch.setitem(bench.BENCHES, "directory", lambda _effort, _say: Section({"key": 2}, Table("a")))
    path = tmp_path / "report.json"
    assert bench.main(["pipeline", "directory", "--report", str(path)]) == 1
    report = json.loads(path.read_text())
    assert report["key"] == 2
    assert report["benches"]["pipeline"]["wrong"].startswith("pipeline: ")
    assert str(error) in capsys.readouterr().err


def test_every_bench_is_told_how_much_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Effort] = []

    def tells(effort: Effort, _say: object) -> Section:
        told.append(effort)
        return Section({}, Table("a"))

    monkeypatch.setitem(bench.BENCHES, "directory", tells)
    common = ["directory", "--report", str(tmp_path / "report.json")]
    assert bench.main(common) == 0
    assert bench.main([*common, "--all", "--rounds", "2"]) == 0
    assert told == [Effort(), Effort(rounds=2, everything=True)]
    assert json.loads((tmp_path / "report.json").read_text())["everything"] is True


# --- the pipeline's part ----------------------------------------------------------------------------------


def test_report_keys_are_medians() -> None:
    found = {"unfiltered": figures(4.236), "filtered": figures(1.5)}
    keys = pipeline_report.figures(found)
    assert keys["pipeline_vs_panoramisk"] == {"unfiltered": 4.24, "filtered": 1.5}
    assert keys["events_per_s"]["unfiltered"] == {"zhitong": 420_000, "panoramisk": 100_000}


def test_the_table_shows_medians_and_spread() -> None:
    text = printed(pipeline_report.table({"filtered": figures()}, Effort()))
    for part in ("经过滤 filtered", "1,000", "420,000 (400,000–440,000)", "4.20 (4.10–4.30)", "是 yes", "7 rounds"):
        assert part in text


def test_changes_that_differ_are_named() -> None:
    found = {"unfiltered": figures(), "filtered": figures(as_plain=False)}
    assert pipeline_report.wrong(found).startswith("filtered: the changes are not those")
    assert pipeline_report.wrong({"unfiltered": figures()}) == ""
    assert "否 NO" in printed(pipeline_report.table(found, Effort()))


# --- the machine ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        ("processor\t: 0\nmodel name\t: Intel(R) Xeon(R) Processor\ncpu MHz\t\t: 2600.000\n", "(2600 MHz)"),
        ("model name\t: AMD EPYC 7B13 @ 2.45GHz\ncpu MHz\t: 2450.1\nmodel name\t: other\n", "AMD EPYC 7B13 @ 2.45GHz"),
    ],
)
def test_the_processor_is_named(cpuinfo: str, name: str) -> None:
    assert processor(cpuinfo).endswith(name)


def test_memory_is_told_in_gib() -> None:
    assert memory_gib("MemTotal:       16384000 kB\nMemFree: 1 kB\n") == 15.6
    assert memory_gib("") == 0
    assert machine().memory_gib > 0


def test_the_asterisk_that_is_run_is_named_where_one_is_run() -> None:
    assert versions(asterisk=True)["Asterisk"].startswith("2")
    assert "Asterisk" not in versions(asterisk=False)


def test_a_machine_that_does_not_say_has_a_name_all_the_same() -> None:
    assert processor("") != ""
