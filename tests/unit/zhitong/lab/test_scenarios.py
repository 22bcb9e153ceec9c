"""The scenarios as SIPp will read them: some of these faults SIPp finds only in the middle of a call."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhitong.lab.books import COLUMNS
from zhitong.lab.sipp import Place, render

PLACE = Place(
    directory=Path(),
    host="127.0.0.1",
    port=20005,
    media_port=20012,
    control_port=20011,
    pbx_host="127.0.0.1",
    pbx_port=20000,
)
PARAMETERS: dict[str, dict[str, object]] = {
    "callers": {},
    "agents": {"refusals": (404, 486), "whose": "agent"},
    "register": {},
}
MESSAGES = ("send", "recv", "pause", "nop")


@pytest.fixture(params=PARAMETERS)
def scenario(request: pytest.FixtureRequest) -> ET.Element:
    # From our own templates, so the parser's faults are no danger.
    return ET.fromstring(render(request.param, PLACE, PARAMETERS[request.param]))


def steps(scenario: ET.Element) -> list[ET.Element]:
    return [element for element in scenario if element.tag in (*MESSAGES, "label")]


def attributes(scenario: ET.Element, *names: str) -> Iterator[str]:
    for element in scenario.iter():
        for name in names:
            if value := element.get(name):
                yield value


def test_every_way_leads_to_a_label_that_is_there_once(scenario: ET.Element) -> None:
    labels = [element.attrib["id"] for element in scenario.iter("label")]
    assert len(labels) == len(set(labels))
    assert set(attributes(scenario, "next", "ontimeout")) <= set(labels)


def test_an_optional_receive_is_followed_by_another_or_a_mandatory_one(scenario: ET.Element) -> None:
    # SIPp refuses the scenario otherwise (checkOptionalRecv).
    waiting = False
    for element in (element for element in steps(scenario) if element.tag != "label"):
        assert not waiting or element.tag == "recv"
        waiting = element.tag == "recv" and element.get("optional", "false") != "false"
    assert not waiting


def test_what_comes_before_a_pause_that_is_resumed_has_no_next(scenario: ET.Element) -> None:
    # next() in call.cpp looks at the message before the one a <jump> leads to.
    before: ET.Element | None = None
    for element in (element for element in steps(scenario) if element.tag != "label"):
        if element.tag == "pause":
            assert before is not None
            assert before.get("next") is None or before.get("test")
        before = element


def test_every_variable_of_a_condition_is_set_somewhere(scenario: ET.Element) -> None:
    assigned = {name for value in attributes(scenario, "assign_to") for name in value.split(",")}
    tested = set(attributes(scenario, "test", "condexec", "variable")) - {"_unexp.retaddr", "_unexp.pausedaddr"}
    assert tested <= assigned


def test_every_log_line_has_all_columns_and_the_first_names_them(scenario: ET.Element) -> None:
    first, *others = [element.attrib["message"].split("[tab]") for element in scenario.iter("log")]
    assert tuple(first) == COLUMNS
    assert others
    # [timestamp] prints three: date, time and epoch.
    assert all(len(cells) == len(COLUMNS) - 2 and cells[0] == "[timestamp]" for cells in others)


def test_every_end_of_a_call_writes_its_last_line(scenario: ET.Element) -> None:
    ends = [element for element in scenario.iter("log") if "[tab]end[tab]" in element.attrib["message"]]
    assert len(ends) == 1


def test_a_message_has_an_empty_line_before_its_body_and_no_empty_header(scenario: ET.Element) -> None:
    for element in scenario.iter("send"):
        head, _, body = (element.text or "").strip("\n").partition("\n\n")
        assert re.match(r"(SIP/2\.0 \d{3} |[A-Z]+ \S+ SIP/2\.0)", head)
        assert "Content-Length: " in head.splitlines()[-1]
        assert ("Content-Length: 0" in head) == (not body.strip()) or "[len]" in head


def test_the_agents_know_every_refusal_they_are_told() -> None:
    text = render("agents", PLACE, {"refusals": (404, 480, 603), "whose": "caller"})
    assert {int(code) for code in re.findall(r"SIP/2\.0 (\d+) No", text)} == {404, 480, 603}


def test_a_transfer_goes_to_the_pbx() -> None:
    assert "Refer-To: <sip:[$target]@127.0.0.1:20000>" in render("agents", PLACE, PARAMETERS["agents"])
