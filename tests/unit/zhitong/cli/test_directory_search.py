"""The sample directory, searched at a terminal."""

import json

from tests.unit.zhitong.cli.conftest import Terminal


def test_the_sample_is_searched_by_sound(terminal: Terminal) -> None:
    assert "没有找到" in terminal.zhitong("directory", "search", "rsj").out
    sample = terminal.folder / "sample.csv"
    assert terminal.zhitong("directory", "sample", str(sample)).status == 0
    said = terminal.zhitong("directory", "import", str(sample))
    assert said.status == 0, said.err
    found = json.loads(terminal.zhitong("directory", "search", "rsj", "--json").out)
    assert (found[0]["kind"], found[0]["names"][0]) == ("department", "人社局")
    assert {each["department"] for each in found[:7]} == {found[0]["code"]}
    out = terminal.zhitong("directory", "search", "yibaobaoxiao", "--limit", "3").out
    assert out.count("医保局") >= 3
    assert "010" not in out, "no telephone number"
    assert terminal.zhitong("directory", "search", found[0]["code"]).out.count("人社局") >= 1
