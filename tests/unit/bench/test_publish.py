"""What stands in docs/ is what was measured: no figure there is typed by hand."""

import re
from pathlib import Path
from typing import Any

import pytest

from bench import publish, report
from bench.__main__ import BENCHES
from bench.machine import Machine
from bench.report import Header, Ran, Report, TableText
from telephony.errors import LabError

TABLE = TableText("标题 title", ["量 figure", "值 value"], [["p|q", "3"]], [1], "and more")
PAGE = """# Page
<!-- bench: machine -->
old
<!-- end -->
By hand: <!-- bench: standing -->
<!-- end -->
<!-- bench: one -->
<!-- end -->
<!-- bench: all/one -->
<!-- end -->
"""


def run(*names: str, processor: str = "Fast", everything: bool = False, wrong: str = "", value: int = 3) -> Report:
    figures: dict[str, Any] = {f"{name}_ms": {"p50": value} for name in names}
    ran = {
        name: Ran(
            made="2026-11-23T20:15:01+00:00",
            took_s=30.4,
            load=0.5,
            table=TABLE,
            keys=[f"{name}_ms"],
            wrong=wrong,
            plots=[f"{name}_bars.png"],
            zhitong="0.1.0 (abc)",
        )
        for name in names
    }
    header = Header(
        made="2026-11-23T20:15:01+00:00",
        everything=everything,
        took_s=30.5,
        machine=Machine(processor=processor, cores=2, memory_gib=8, system="Linux", load=0.5),
        versions={"Asterisk": "22"},
        targets=report.judged(figures | {"pipeline_vs_panoramisk": {"filtered": 2.25}}),
        benches=ran,
    )
    return Report(header, figures)


def lay(folder: Path, found: Report) -> Path:
    for ran in found.header.benches.values():
        for plot in ran.plots:
            (folder / plot).write_bytes(plot.encode())
    report.write(folder / "report.json", found)
    return folder / "report.json"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / publish.PAGE).write_text(PAGE, encoding="utf-8")
    return tmp_path / "docs"


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert report.read(lay(tmp_path, run("one", "two"))) == run("one", "two")


def test_a_run_is_put_into_the_docs(docs: Path, tmp_path: Path) -> None:
    publish.publish(lay(tmp_path, run("one")), docs)
    page = (docs / publish.PAGE).read_text(encoding="utf-8")
    assert "| Machine | Fast × 2, 8 GiB, Linux |" in page
    assert "old" not in page
    assert "| 2.25 | ≥ 2 | 达到 met | `pipeline_vs_panoramisk.filtered` |" in page
    assert (
        "| 量 figure | 值 value |\n| --- | ---: |\n| p\\|q | 3 |\n\nand more\n\n![one bars](plots/one_bars.png)" in page
    )
    assert "`make bench ARGS=one`, 2026-11-23 20:15 UTC, 30 s, load 0.5 when it began, Zhitong 0.1.0 (abc). " in page
    assert "`make bench-all ARGS=--publish`" in page, "what was never published says how to"
    assert (docs / "plots" / "one_bars.png").read_bytes() == b"one_bars.png"
    assert publish.rendered(page, publish.published(docs)) == page


def test_the_whole_grid_stands_beside_the_quick_run(docs: Path, tmp_path: Path) -> None:
    publish.publish(lay(tmp_path, run("one")), docs)
    publish.publish(lay(tmp_path, run("one", everything=True)), docs)
    page = (docs / publish.PAGE).read_text(encoding="utf-8")
    assert "(plots/one_bars.png)" in page
    assert "(plots/all/one_bars.png)" in page
    assert "Not published" not in page


def test_benches_that_were_not_run_stay(docs: Path, tmp_path: Path) -> None:
    publish.publish(lay(tmp_path, run("one", "two")), docs)
    publish.publish(lay(tmp_path, run("two", value=7)), docs)
    stored = publish.published(docs)[False]
    assert stored.figures == {"one_ms": {"p50": 3}, "two_ms": {"p50": 7}}
    assert set(stored.header.benches) == {"one", "two"}


def test_figures_of_two_machines_are_not_mixed(docs: Path, tmp_path: Path) -> None:
    publish.publish(lay(tmp_path, run("one", "two")), docs)
    with pytest.raises(LabError, match="another machine"):
        publish.publish(lay(tmp_path, run("two", processor="Slow")), docs)
    publish.publish(lay(tmp_path, run("one", "two", processor="Slow")), docs)


def test_what_may_not_be_believed_is_not_published(docs: Path, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="one came to a wrong result"):
        publish.publish(lay(tmp_path, run("one", wrong="differs")), docs)
    assert (docs / publish.PAGE).read_text(encoding="utf-8") == PAGE


def test_a_report_of_another_make_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"made": "2026"}', encoding="utf-8")
    assert publish.main([str(tmp_path / "report.json")]) == 1


# --- the docs we have -------------------------------------------------------------------------------------


def test_the_page_says_what_the_stored_runs_say() -> None:
    page = (publish.DOCS / publish.PAGE).read_text(encoding="utf-8")
    assert publish.rendered(page, publish.published()) == page, "run `make bench ARGS=--publish`, type no figure"


def test_every_published_bench_and_plot_is_on_the_page() -> None:
    page = (publish.DOCS / publish.PAGE).read_text(encoding="utf-8")
    for everything, stored in publish.published().items():
        for name, ran in stored.header.benches.items():
            assert everything or f"<!-- bench: {name} -->" in page
            folder = f"{publish.PLOTS}/all" if everything else publish.PLOTS
            assert all((publish.DOCS / folder / plot).is_file() for plot in ran.plots)


def test_every_picture_of_the_page_is_there() -> None:
    page = (publish.DOCS / publish.PAGE).read_text(encoding="utf-8")
    missing = [path for path in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page) if not (publish.DOCS / path).is_file()]
    assert missing == []


def test_every_bench_has_its_place_on_the_page() -> None:
    page = (publish.DOCS / publish.PAGE).read_text(encoding="utf-8")
    blocks = set(re.findall(r"<!-- bench: ([a-z_]+) -->", page))
    assert blocks - {"machine", "standing"} >= set(BENCHES)
