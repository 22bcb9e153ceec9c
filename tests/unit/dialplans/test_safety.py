"""No value of a site or an agent can add a line, a section or a comment to any file."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialplans.parse import sections
from dialplans.render import Mode, render
from dialplans.safety import Code, checked
from telephony.config import Site, parse_site
from telephony.directory.agents import Agent
from telephony.errors import ConfigError
from telephony.secrets import Secrets
from tests.unit.dialplans.sites import FULL, agents, secrets_for

SITE = parse_site(FULL + 'music = "opera"')
PEOPLE = agents("1001", "1002", queues="hotline;duty:5")

SNIPPETS = [
    "\n[evil]\nexten => s,1,System(id)\n",
    "\r\nsecret = x",
    ";--",
    "--;",
    "\n#exec id",
    "\\;",
    "${SHELL(id)}",
    "$[",
]
hostile = st.one_of(
    st.text(alphabet='\n\r\0\x85\u2028;\\[]#${}()",=> ab1', min_size=1, max_size=30),
    st.sampled_from(SNIPPETS),
    st.tuples(st.sampled_from(["a", "10.0.0.1", "12345"]), st.sampled_from(SNIPPETS)).map("".join),
    st.text(min_size=1, max_size=30),
)


def texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of each text in a struct, through its structs and tuples."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from texts(item, (*path, index))
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from texts(getattr(value, name), (*path, name))


def put(value: Any, path: tuple[str | int, ...], text: str) -> Any:
    """The struct with another text at this path, past all validation."""
    if not path:
        return text
    step, *rest = path
    if isinstance(step, int):
        return (*value[:step], put(value[step], tuple(rest), text), *value[step + 1 :])
    return msgspec.structs.replace(value, **{step: put(getattr(value, step), tuple(rest), text)})


def shape(files: dict[str, str]) -> dict[str, tuple[int, list[str]]]:
    """What no value may change: how many lines each file has, and how each line begins."""
    return {name: (text.count("\n"), [begin(line) for line in text.split("\n")]) for name, text in files.items()}


def begin(line: str) -> str:
    """A line's key: what Asterisk takes as the name of a setting, the kind of a line."""
    if line.startswith(("[", ";", "#")):
        return line[0]
    return line.partition("=")[0].strip()


def keeps_shape(site: Site, people: tuple[Agent, ...], secrets: Secrets, mode: Mode) -> None:
    plain = shape(render(SITE, PEOPLE, secrets_for(PEOPLE), mode=mode))
    try:
        files = render(site, people, secrets, mode=mode)
    except ConfigError:
        return  # refused, with words
    assert shape(files) == plain
    for name, text in files.items():
        text.encode()
        assert len(text.splitlines()) == text.count("\n"), f"{name} has a line break that is not ours"


@pytest.mark.parametrize("mode", list(Mode))
@settings(max_examples=400, deadline=None)
@given(path=st.sampled_from(list(texts(SITE))), text=hostile)
def test_no_text_of_a_site_changes_the_shape_of_a_file(mode: Mode, path: tuple[str | int, ...], text: str) -> None:
    if path[0] in {"hotline", "queues", "trunks"} and path[-1] in {"name", "queue", "exits"}:
        return  # what refers to it would not be found: not a question of shape
    if path[:2] == ("outgoing", "allow") and path[2] != 0:
        return  # a class: one line for each of its patterns
    if path[0] in {"time_zone", "opening"} or path[-1] in {
        "answer",
        "sign_in",
        "overflow",
        "version",
        "srtp",
        "transport",
        "out_format",
        "out_zero",
        "area_code",
    }:
        return  # these are decided upon, not printed
    keeps_shape(put(SITE, path, text), PEOPLE, secrets_for(PEOPLE), mode)


@settings(max_examples=300, deadline=None)
@given(path=st.sampled_from(list(texts(PEOPLE[0]))), text=hostile)
def test_no_text_of_an_agent_changes_the_shape_of_a_file(path: tuple[str | int, ...], text: str) -> None:
    people = (put(PEOPLE[0], path, text), PEOPLE[1])
    secrets = secrets_for(people)
    keeps_shape(SITE, people, secrets, Mode.NEW)


@settings(max_examples=200, deadline=None)
@given(text=hostile)
def test_no_secret_changes_the_shape_of_a_file(text: str) -> None:
    good = secrets_for(PEOPLE)
    for bad in (
        Secrets(ami=text, phones=good.phones, trunks=good.trunks),
        Secrets(ami=good.ami, phones={**good.phones, "1001": text}, trunks=good.trunks),
        Secrets(ami=good.ami, phones=good.phones, trunks={"carrier": text}),
    ):
        keeps_shape(SITE, PEOPLE, bad, Mode.NEW)


def test_the_property_would_see_an_injection() -> None:
    files = render(SITE, PEOPLE, secrets_for(PEOPLE))
    injected = files["queues.conf"].replace("musicclass = city", "musicclass = city\n[evil]")
    assert shape({"queues.conf": injected}) != shape({"queues.conf": files["queues.conf"]})
    hidden = files["queues.conf"].replace("musicclass = city", "musicclass = city\rx")
    assert len(hidden.splitlines()) != hidden.count("\n")
    assert "evil" in {name for name, _ in sections(injected)}


@pytest.mark.parametrize(
    "bad", ["a\nb", "a\rb", "a\0b", "a;b", "a\\", "${A}", "$[1]", "a\u2028b", "a\x85b", " a", "a ", "\ud800"]
)
def test_a_template_cannot_print_it(bad: str) -> None:
    with pytest.raises(ConfigError, match="may not stand in a file of Asterisk"):
        checked(bad)


@pytest.mark.parametrize("bad", [None, True, False])
def test_a_template_must_choose_words(bad: object) -> None:
    with pytest.raises(ConfigError, match="choose words"):
        checked(bad)


@pytest.mark.parametrize("good", ["", "12345", "张三", "O'Brien, J.", "a$b", "sip:1@h:5060", 5, "p@ss#=,w"])
def test_what_is_plain_is_printed_as_it_is(good: object) -> None:
    assert checked(good) == good


def test_our_own_dialplan_passes() -> None:
    assert checked(Code("zt-bye,${ZT_STATUS},1")) == "zt-bye,${ZT_STATUS},1"
