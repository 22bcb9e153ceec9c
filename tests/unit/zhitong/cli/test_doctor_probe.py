"""The probe around pyst2: how it takes a glued list apart, and that it is contained."""

import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhitong.cli.checks.pipe import Heard, Kind, Question

_EOL = "\r\n"
_SPLIT = """
import sys, msgspec
from zhitong.cli.checks.probe import messages
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(msgspec.json.encode(messages(msgspec.json.decode(line))) + b"\\n")
"""


def split(cases: list[list[str]]) -> list[list[list[str]]]:
    """``probe.messages`` of each case. In a process: importing pyst2 is what the doctor never does in its own."""
    lines = b"".join(msgspec.json.encode(case) + b"\n" for case in cases)
    done = subprocess.run([sys.executable, "-P", "-c", _SPLIT], input=lines, capture_output=True, check=True)
    return [msgspec.json.decode(line) for line in done.stdout.splitlines()]


def test_a_list_that_pyst2_takes_for_one_message() -> None:
    glued = ["Response: Success\r\n", _EOL, "Event: A\r\n", "N: 1\r\n", _EOL, "Event: B\r\n"]
    assert split([glued]) == [[["Response: Success\r\n"], ["Event: A\r\n", "N: 1\r\n"], ["Event: B\r\n"]]]


@pytest.mark.parametrize(
    ("lines", "messages"),
    [
        ([], [[]]),
        ([_EOL], [[]]),
        (["a\r\n"], [["a\r\n"]]),
        (["a\r\n", _EOL], [["a\r\n"]]),
        ([_EOL, "a\r\n"], [["a\r\n"]]),
        (["a\r\n", _EOL, _EOL, "b\r\n"], [["a\r\n"], ["b\r\n"]]),
    ],
)
def test_empty_lines(lines: list[str], messages: list[list[str]]) -> None:
    assert split([lines]) == [messages]


def test_nothing_is_lost_or_added() -> None:
    @given(st.lists(st.sampled_from([_EOL, "a\r\n", "b\n", ""]), max_size=12))
    def collect(case: list[str]) -> None:
        cases.append(case)

    cases: list[list[str]] = []
    collect()
    for case, found in zip(cases, split(cases), strict=True):
        assert [line for message in found for line in message] == [line for line in case if line != _EOL]
        assert len(found) == 1 or all(found)


def test_the_doctor_itself_never_imports_pyst2() -> None:
    """It prints, starts threads and uses names that Python will drop: it stays in the probe's process."""
    words = "import sys, zhitong.cli.doctor; print(sorted(name for name in sys.modules if name.startswith('asterisk')))"
    done = subprocess.run([sys.executable, "-P", "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_nothing_to_connect_to_is_told_in_one_line() -> None:
    command = [sys.executable, "-P", "-W", "ignore", "-m", "zhitong.cli.checks.probe", "127.0.0.1", "1"]
    done = subprocess.run(command, input=b"", capture_output=True, check=True, timeout=30)
    (line,) = done.stdout.splitlines()
    assert msgspec.json.decode(line, type=Heard).kind is Kind.LOST


def test_a_question_survives_the_pipe() -> None:
    question = Question("Getvar", "zt-doctor-1-1", {"Variable": "名字\r\n"})
    assert msgspec.json.decode(msgspec.json.encode(question), type=Question) == question
    assert b"\n" not in msgspec.json.encode(question)
