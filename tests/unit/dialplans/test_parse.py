"""Asterisk's files read back. Examples are taken from Asterisk's own documentation of its format."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplans.parse import (
    dialplan,
    find,
    is_dynamic,
    lines_of,
    pattern,
    sections,
    settings,
    split_outside,
    stray_lines,
    uncommented,
)

TEXT = """\
[general]
static = yes ; a comment
[a](!)
key => value\\;with a mark
[a](+)
; [b]
 other=1
"""


def test_sections_and_settings_are_read_with_their_lines() -> None:
    assert list(sections(TEXT)) == [("general", 1), ("a", 3), ("a", 5)]
    assert [each[:4] for each in settings(TEXT)] == [
        ("general", "static", "yes", 2),
        ("a", "key", "value\\;with a mark", 4),
        ("a", "other", "1", 7),
    ]


@pytest.mark.parametrize(("line", "left"), [("a ; b", "a"), ("; a", ""), ("a\\; b", "a\\; b"), ("a;;b", "a")])
def test_a_comment_begins_at_a_mark_that_is_not_escaped(line: str, left: str) -> None:
    assert uncommented(line) == left


def test_comments_may_stand_over_lines_and_within_each_other() -> None:
    text = "a = 1 ;-- b = 2\n[c]\n;-- d --;\ne --; f = 3\n;--- a line of dashes\ng = \\;-- 4\nh = --; 5"
    assert list(lines_of(text)) == [(1, "a = 1"), (4, "f = 3"), (6, "g = \\;-- 4"), (7, "h = --")]


def test_priorities_are_counted_as_asterisk_does() -> None:
    plan = dialplan(
        "[a]\nexten => 1,1,A()\nexten => 2,n,B()\nexten => 2,n+3,C()\nexten => 2,s(x),D()\nexten => 3,hint,PJSIP/3"
    )
    assert [(each.app, each.number) for each in plan["a"]["2"]] == [("B", 2), ("C", 6), ("D", 6)]
    assert plan["a"]["3"] == ()


PLAN = """\
[in]
exten => _X.,1,NoOp(a,b)
 same => n(here),Goto(s,1)
 same => n,Hangup
exten => s,1,Queue(q,ct,,,60)
exten => s,,Strange()
include => other
garbage
"""


def test_a_dialplan_is_read_step_by_step() -> None:
    plan = dialplan(PLAN)
    assert [step[:7] for step in plan["in"]["_X."]] == [
        ("in", "_X.", 1, "", "NoOp", "a,b", 2),
        ("in", "_X.", 2, "here", "Goto", "s,1", 3),
        ("in", "_X.", 3, "", "Hangup", "", 4),
    ]
    assert plan["in"]["s"][0].args == "q,ct,,,60"


def test_what_is_no_line_of_a_dialplan_is_named() -> None:
    assert list(stray_lines(PLAN)) == [(6, "exten => s,,Strange()"), (8, "garbage")]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a,b", ["a", "b"]),
        ("a(b,c),d", ["a(b,c)", "d"]),
        ("${A(1,2)},b", ["${A(1,2)}", "b"]),
        ('$["a,b"="c"],d', ['$["a,b"="c"]', "d"]),
        ("", [""]),
    ],
)
def test_splitting_spares_what_is_in_brackets(text: str, parts: list[str]) -> None:
    assert split_outside(text, ",") == parts


@given(st.lists(st.text(alphabet="ab1-", max_size=5), min_size=1, max_size=5))
def test_plain_parts_are_split_and_joined(parts: list[str]) -> None:
    assert split_outside(",".join(parts), ",") == parts
    assert split_outside(",".join(parts), ",", 1) == ",".join(parts).split(",", 1)


@pytest.mark.parametrize(
    ("exten", "matching", "other"),
    [
        ("12345", ["12345", "12345"], ["1234", "123456", "x"]),
        ("_X.", ["12", "1a"], ["1", "a1"]),
        ("_X!", ["1", "12"], ["", "a"]),
        ("_ZN", ["12", "99"], ["02", "11"]),
        ("_[0-9+*#]", ["1", "+", "*", "#"], ["a", "11"]),
        ("_[!-~][!-~]!", ["12", "ab", "a.b"], ["h", "s", "张三"]),
        ("_*1X", ["*12"], ["112"]),
    ],
)
def test_patterns_match_as_asterisks_do(exten: str, matching: list[str], other: list[str]) -> None:
    assert [text for text in matching if not pattern(exten).fullmatch(text)] == []
    assert [text for text in other if pattern(exten).fullmatch(text)] == []


@given(st.text(alphabet="_XZN[]0-9a-z.!*#+^\\", max_size=12))
def test_any_extension_gives_a_pattern_or_a_plain_error(exten: str) -> None:
    try:
        pattern(exten)
    except re.error:
        assert "[" in exten


def test_an_exact_extension_goes_before_a_pattern() -> None:
    plan = dialplan("[c]\nexten => _1X,1,A()\nexten => 12,1,B()\n")
    assert find(plan, "c", "12")[0].app == "B"
    assert find(plan, "c", "13")[0].app == "A"
    assert find(plan, "c", "1-3")[0].app == "A"
    assert find(plan, "c", "22") == ()
    assert find(plan, "d", "12") == ()


@pytest.mark.parametrize(("text", "dynamic"), [("${A}", True), ("$[1]", True), ("a$b", False)])
def test_what_needs_a_call_to_be_known(text: str, dynamic: bool) -> None:
    assert is_dynamic(text) is dynamic
