"""The tree of topics in site.toml, and what is told of one that is none."""

import pytest

from telephony.config import parse_site
from telephony.errors import ConfigError
from telephony.site.topics import Remarks, Topic, line_up

SITE = """
name = "某市12345"
hotline = ["12345"]
[[queue]]
name = "hotline"
"""


def topic(code: str, more: str = "", title: str = "题") -> str:
    return f'[[topic]]\ncode = "{code}"\ntitle = "{title}"\n{more}\n'


def test_topics_are_read_in_their_order_with_their_defaults() -> None:
    site = parse_site(SITE + topic("water", title="供水") + topic("water-off", 'parent = "water"\nactive = false'))
    assert site.topics == (
        Topic(code="water", title="供水"),
        Topic(code="water-off", title="题", parent="water", active=False),
    )
    assert site.remarks == Remarks(within_h=72)
    assert parse_site(SITE).topics == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (topic("a", 'parent = "b"'), "topic[0].parent: there is no topic 'b'"),
        (topic("a") + topic("b") + topic("a"), "topic[2].code: 'a' is there more than once"),
        (topic("a", 'parent = "a"'), "topic[0].parent: goes round in a circle by 'a'"),
        (topic("a", 'parent = "b"') + topic("b", 'parent = "a"') + topic("c"), "topic[1].parent: goes round"),
        (topic("a", title=""), "topic[0].title: must not be empty"),
        (topic("Water"), "topic[0].code"),
        (topic("a", "colour = 1"), "topic[0].colour"),
        ("[remarks]\nwithin_h = 0", "remarks.within_h"),
    ],
)
def test_a_mistake_is_told_by_its_key(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_site(SITE + text)
    assert words in str(caught.value)


def test_a_leaf_below_a_circle_is_told_of_too_and_nothing_hangs() -> None:
    text = topic("leaf", 'parent = "a"') + topic("a", 'parent = "b"') + topic("b", 'parent = "a"')
    with pytest.raises(ConfigError) as caught:
        parse_site(SITE + text)
    assert str(caught.value).count("goes round in a circle") == 3


def test_the_line_up_goes_from_below_to_the_top() -> None:
    topics = parse_site(SITE + topic("a") + topic("b", 'parent = "a"') + topic("c", 'parent = "b"')).topics
    assert [each.code for each in line_up("c", topics)] == ["c", "b", "a"]
    assert list(line_up("d", topics)) == []
