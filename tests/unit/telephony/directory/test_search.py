"""Whoever is meant is found, however they are typed; who can be rung and answers best comes first."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from telephony.directory.duty import DutyRoster, Hours
from telephony.directory.search import (
    Answers,
    Entry,
    Index,
    Kind,
    Standing,
    entries_of,
    on_duty_now,
    texts_of,
)
from telephony.directory.sounds import MANY, sounded
from telephony.directory.specialists import Code, Department, Directory, Specialist
from telephony.directory.typed import plain, unsounded
from telephony.model.ids import Micros

MONDAY_10 = Micros(1_795_399_200_000_000)  # 2026-11-23 10:00 in Shanghai
OFFICE = DutyRoster(((Hours(9 * 60, 17 * 60),),) * 5 + ((), ()))
NIGHTS = DutyRoster(((Hours(18 * 60, 8 * 60),),) * 7, (Hours(18 * 60, 8 * 60),))


def directory() -> Directory:
    human = Department(Code("8010"), "人力资源和社会保障局", "人社局", ("社保缴费", "劳动仲裁"), roster=OFFICE)
    health = Department(Code("8020"), "医疗保障局", "医保局", ("医保报销",), roster=NIGHTS)
    desk = Department(Code("8030"), "重庆路街道办", numbers=("62000000",))
    people = [
        Specialist(Code("8011"), "单晓重", human.code, ("601",), title="科长", topics=("社保卡补办",)),
        Specialist(Code("8012"), "曾经理", human.code, ("602",), topics=("社保卡补办",), languages=("粤语",)),
        Specialist(Code("8021"), "吕绿", health.code, ("603",), topics=("社保卡补办", "GPS 定位")),
        Specialist(Code("8022"), "任书杰", health.code, ("604",), roster=OFFICE),
    ]
    return Directory((human, health, desk), people)


ENTRIES = entries_of(directory())


def index(entries: tuple[Entry, ...] = ENTRIES) -> Index:
    return Index(entries, {text: sounded(text[0], name=text[1]) for text in texts_of(entries)})


INDEX = index()


def found(query: str, standing: Standing | None = None) -> list[str]:
    return [each.entry.code for each in INDEX.find(query, standing or Standing(ENTRIES), 20)]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("人社局", {"8010", "8011", "8012"}),
        ("rsj", {"8010", "8011", "8012", "8022"}),  # 任书杰, too
        ("renshe", {"8010", "8011", "8012"}),
        ("RenSheJu", {"8010", "8011", "8012"}),
        ("rénshèjú", {"8010", "8011", "8012"}),
        ("renshj", {"8010", "8011", "8012", "8022"}),  # whole sounds and initials mixed
        ("人sj", {"8010", "8011", "8012"}),
        ("保障", {"8010", "8011", "8012", "8020", "8021", "8022"}),
        ("shebaoka", {"8011", "8012", "8021"}),
        ("sbk", {"8011", "8012", "8021"}),
        ("shanxiao", {"8011"}),  # 单 as a surname
        ("danxiao", {"8011"}),
        ("sxc", {"8011"}),  # 重 may be chong
        ("zengjl", {"8012"}),  # though 曾经 is a word
        ("chongqinglu", {"8030"}),
        ("zhongqinglu", set()),  # in a word it has one sound
        ("lvlv", {"8021"}),
        ("lulu", {"8021"}),
        ("lü", {"8021"}),
        ("gps", {"8021"}),
        ("ＧＰＳ", {"8021"}),
        ("8010", {"8010"}),
        ("801", {"8010", "8011", "8012"}),
        ("粤语", {"8012"}),
        ("kezhang", {"8011"}),
        ("社保卡 人社", {"8011", "8012"}),  # each word counts
        ("sbk  rs", {"8011", "8012"}),
        ("", set()),
        (" -.*[( ", set()),
        ("enshe", set()),  # a sound is not cut open at its front
        ("resheju", set()),  # nor is one left in the midst of it
        ("社会局", set()),
    ],
)
def test_what_is_typed_finds_who_is_meant(query: str, codes: set[str]) -> None:
    assert set(found(query)) == codes


def test_whoever_is_called_so_comes_before_who_begins_so_and_these_before_the_others() -> None:
    assert found("人社局")[0] == "8010"
    assert found("rsj")[:2] == ["8010", "8022"]
    assert found("医保局")[0] == "8020"
    assert found("ren")[:2] == ["8010", "8022"]  # two names begin so; no department is asked about more


def test_among_those_that_fit_alike_who_is_on_duty_comes_first_and_then_who_answers_best() -> None:
    assert found("社保卡") == ["8011", "8012", "8021"]
    assert found("社保卡", Standing(ENTRIES, {"8012", "8021"})) == ["8012", "8021", "8011"]
    answers = {"8012": Answers(10, 2), "8021": Answers(10, 9), "8011": Answers(10, 10)}
    assert found("社保卡", Standing(ENTRIES, {"8012", "8021"}, answers)) == ["8021", "8012", "8011"]
    once = {"8012": Answers(1, 1), "8011": Answers(40, 39)}
    assert found("社保卡", Standing(ENTRIES, ["8011", "8012"], once))[0] == "8011", "one ring says little"


def test_what_is_told_of_each() -> None:
    standing = Standing(ENTRIES, {"8021"}, {"8021": Answers(3, 1)})
    (first, *_) = INDEX.find("sbk", standing, 1)
    assert (first.entry.names, first.text, first.on_duty) == (("吕绿",), "社保卡补办", True)
    assert first.answers == Answers(3, 1)
    assert len(INDEX.find("sbk", standing, 2)) == 2


def test_who_can_be_rung_now() -> None:
    assert on_duty_now(directory(), MONDAY_10) == {"8010", "8011", "8012", "8022", "8020", "8030"}
    late = Micros(MONDAY_10 + 11 * 3_600_000_000)
    assert on_duty_now(directory(), late) == {"8021", "8020", "8030"}


def test_what_was_not_spelt_is_found_by_its_characters() -> None:
    bare = Index(ENTRIES, {})
    assert {each.entry.code for each in bare.find("人社", Standing(ENTRIES), 20)} == {"8010", "8011", "8012"}
    assert [each.entry.code for each in bare.find("gps", Standing(ENTRIES), 20)] == ["8021"]
    assert bare.find("rsj", Standing(ENTRIES), 20) == []
    assert unsounded("GPS 人社1") == " |gps 人 社 1"


def test_a_text_of_many_sounds_does_not_grow_beyond_measure() -> None:
    line = sounded("和" * 40)
    readings = 1
    for unit in line.split():
        readings *= max(1, unit.count("|"))
    assert 1 < readings <= MANY
    assert plain("Ａb Ü lǘ é") == "ab v lv e"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("阿" * 40, "a" * 39 + "x"),
        ("鹅" * 40, "e" * 39 + "b"),
        ("和" * 40, "h" * 39 + "x"),
        ("难" * 40, "nan" * 13 + "b"),
    ],
)
def test_no_text_and_no_question_takes_for_ever(text: str, query: str) -> None:
    """Each was to be tried in more ways than there is time for."""
    entries = [Entry(code=str(n), kind=Kind.SPECIALIST, names=(text,), department="8000") for n in range(20)]
    assert index(tuple(entries)).find(query, Standing(entries), 20) == []


NAMES = st.text(st.sampled_from("张李吴赵人社力资源局保障公积金提取安阳西昂偶厄"), min_size=1, max_size=4)


@given(NAMES, st.data())
def test_every_way_of_typing_a_name_finds_it_and_nothing_else_does(name: str, data: st.DataObject) -> None:
    """Each way: of every character the whole sound, or its initial; the last may be cut. Judged by all of them."""
    sounds = [set(lazy_pinyin(name, style=Style.NORMAL)[at : at + 1]) for at in range(len(name))]
    line = sounded(name, name=True)
    sounds = [set(unit.split("|")[1:]) | more for unit, more in zip(line.split(), sounds, strict=True)]
    ways = set(typed(sounds))
    entry = Entry(code="8001", kind=Kind.SPECIALIST, names=(name,), department="8000")
    here = Index([entry], {(name, True): line})
    way = data.draw(st.sampled_from(sorted(ways)) | st.text("azhngsreliuoy", min_size=1, max_size=6))
    assert bool(here.find(way, Standing([entry]), 1)) == (way in ways)


def typed(sounds: list[set[str]]) -> Iterator[str]:
    for start in range(len(sounds)):
        for stop in range(start, len(sounds)):
            whole = [
                sorted({part for sound in each for part in (sound, *initials(sound))}) for each in sounds[start:stop]
            ]
            last = sorted({sound[:size] for sound in sounds[stop] for size in range(1, len(sound) + 1)})
            yield from map("".join, itertools.product(*whole, last))


def initials(sound: str) -> list[str]:
    return [sound[0], *([sound[:2]] if sound[1:2] == "h" and sound[0] in "zcs" else [])]
