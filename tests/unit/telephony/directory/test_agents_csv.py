"""Lists of agents as people save them: read whole, or refused with the line, the field and the remedy."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.directory.agents import Agent, QueueMembership
from telephony.directory.agents_csv import MAX_BYTES, Reading, decoded, read_agents
from telephony.errors import DirectoryError
from telephony.model.ids import MemberName, QueueName
from telephony.texts import EMERGENCY

GOOD = "number,name,queues,phone\n1001,王小明,citizens;enterprise:5,\n1002,李娜,citizens,desk-2\n"


def agent(number: str, name: str, queues: dict[str, int], phone: str = "") -> Agent:
    memberships = tuple(QueueMembership(QueueName(queue), penalty) for queue, penalty in queues.items())
    return Agent(MemberName(number), name, memberships, phone or number)


EXPECTED = (
    agent("1001", "王小明", {"citizens": 0, "enterprise": 5}),
    agent("1002", "李娜", {"citizens": 0}, "desk-2"),
)


def reading(text: str, queues: set[str] | None = None) -> Reading:
    return read_agents(text.encode(), queues)


def refused(text: str, queues: set[str] | None = None) -> list[tuple[int, str, str]]:
    return [(one.line, one.field, one.remedy) for one in reading(text, queues).refusals]


def row(number: str = "1001", name: str = "王小明", queues: str = "citizens", phone: str = "") -> str:
    out = io.StringIO()
    csv.writer(out).writerow([number, name, queues, phone])
    return "number,name,queues,phone\r\n" + out.getvalue()


# --- ways to save a file ----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_file_reads_the_same_however_it_was_saved(encoding: str, newline: str) -> None:
    data = GOOD.replace("\n", newline).encode(encoding)
    assert read_agents(data) == Reading(EXPECTED, ())


def test_a_rare_character_of_a_name_survives_gb18030() -> None:
    (one,) = read_agents(row(name="𠮷田㐂").encode("gb18030")).agents
    assert one.name == "𠮷田㐂"


def test_columns_in_chinese_and_in_any_order() -> None:
    text = "姓名,分机,队列,工号\n王小明,,citizens；enterprise：5,1001\n李娜,desk-2,citizens,1002\n"
    assert reading(text) == Reading(EXPECTED, ())


def test_the_phone_column_may_be_left_out() -> None:
    assert reading("number,name,queues\n1001,王小明,citizens\n").agents[0].phone == "1001"


@pytest.mark.parametrize("heading", ["profile", "话机类型"])
def test_an_agent_may_have_a_phone_profile(heading: str) -> None:
    text = f"工号,姓名,队列,{heading}\n1001,王小明,citizens,home\n1002,李娜,citizens,\n"
    assert [agent.profile for agent in reading(text).agents] == ["home", ""]
    assert [agent.profile for agent in read_agents(text.encode(), None, {"home"}).agents] == ["home", ""]


@pytest.mark.parametrize(("profile", "remedy"), [("hom", "its profiles are desk, home"), ("", "")])
def test_a_profile_that_the_site_does_not_have_is_refused(profile: str, remedy: str) -> None:
    text = f"number,name,queues,profile\n1001,王小明,citizens,{profile}\n"
    found = [str(refusal) for refusal in read_agents(text.encode(), None, {"home", "desk"}).refusals]
    assert all(remedy in line and "line 2, profile 'hom'" in line for line in found)
    assert len(found) == bool(profile)


def test_a_profile_of_any_site_is_still_a_word() -> None:
    assert [field for _, field, _ in refused("number,name,queues,profile\n1001,王,citizens,a b\n")] == ["profile"]


@pytest.mark.parametrize("heading", ["auto_answer", "自动接听"])
def test_an_agents_phone_may_pick_up_by_itself(heading: str) -> None:
    said = ("是", "YES", "1", "否", "no", "", "0")
    rows = "".join(f"10{at},王{at},citizens,{text}\n" for at, text in enumerate(said, 10))
    read = reading(f"number,name,queues,{heading}\n{rows}")
    assert [agent.auto_answer for agent in read.agents] == [True, True, True, False, False, False, False]


def test_what_is_neither_yes_nor_no_is_refused_by_its_line() -> None:
    found = refused("number,name,queues,auto_answer\n1001,王,citizens,自动\n")
    assert [(line, field) for line, field, _ in found] == [(2, "auto_answer")]
    assert "是" in found[0][2]


def test_empty_lines_and_empty_fields_at_the_end_are_what_spreadsheets_leave() -> None:
    text = "number,name,queues,phone,,\n\n1001,王小明,citizens;enterprise:5,,,\n,,,,,\n1002,李娜,citizens,desk-2,,\n"
    assert reading(text) == Reading(EXPECTED, ())


def test_spaces_around_a_field_do_not_count() -> None:
    assert reading(" Number , name ,queues\n 1001 ,\u3000王小明 , citizens ; enterprise : 5 ;\n").agents == EXPECTED[:1]


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        (b"PK\x03\x04rest", "Save it as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "Save it as CSV"),
        (GOOD.encode("utf-16"), "CSV UTF-8"),
        (b"number,name\xff\xff\n", "CSV UTF-8"),
        (b"", "first line names the columns"),
        (b"\n \n", "first line names the columns"),
        (b"number,name\n1001,x\n", "column queues is missing"),
        (b"1001,x,q1\n", "column '1001' is not known"),
        (b"number;name;queues\n", "is not known"),
        (b"number,name,queues,email\n", "column 'email' is not known"),
        (b"number,name,queues,number\n", "twice"),
        (b'number,name,queues\n1001,"x,q1\n1002,y,q1\n', "begins at line 2"),
        (b'number,name,queues\n1001,x,q1\n1002,"y"z,q1\n', "begins at line 3"),
        (b"x" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_says_how_to_save_it(data: bytes, remedy: str) -> None:
    with pytest.raises(DirectoryError, match=remedy):
        read_agents(data)


# --- rows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", ["", "1", "10a1", "1001 1002", "-1001", "１００１", "1" * 16, "1001\u200b", "1001\x00"]
)
def test_a_number_that_cannot_be_dialled_is_refused(number: str) -> None:
    assert refused(row(number=number)) == [
        (2, "number", "write 2 to 15 digits (0-9) and nothing else, for example 1001")
    ]


@pytest.mark.parametrize("number", ["110", "112", "119", "120", "122"])
def test_an_emergency_number_is_nobodys(number: str) -> None:
    ((_, field, remedy),) = refused(row(number=number))
    assert (field, remedy.partition(",")[0]) == ("number", f"{number} is an emergency number")


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x1b", "\x7f", "\u202e", "\u200b", "\ufeff", "\u2028", "\r", "\n"])
def test_a_name_with_an_invisible_character_is_refused(char: str) -> None:
    ((line, field, remedy),) = refused(row(name=f"王{char}明"))
    assert (line, field) == (2, "name")
    assert f"U+{ord(char):04X}" in remedy


@pytest.mark.parametrize("char", ['"', "<", ">", ";", "\\", "[", "]"])
def test_a_name_with_a_sign_that_the_pbx_reads_is_refused(char: str) -> None:
    assert refused(row(name=f"王{char}明")) == [
        (2, "name", f"take out the character {char}, which means something to the PBX")
    ]


@pytest.mark.parametrize("name", ["阿卜杜拉·买买提", "Anna-Lena O'Neil", "王 小明", "ئابدۇللا", "\ue000某"])
def test_names_of_people_are_taken_as_they_are(name: str) -> None:
    assert reading(row(name=name)).agents[0].name == name


@pytest.mark.parametrize(
    ("queues", "remedy"),
    [
        ("citizens;nowhere", "nowhere is no queue of this site; its queues are citizens, enterprise"),
        ("citizens;citizens:3", "name the queue citizens once"),
        ("citizens:-1", "whole number from 0 to 1000"),
        ("citizens:1001", "whole number from 0 to 1000"),
        ("citizens:", "whole number from 0 to 1000"),
        ("citizens:５", "whole number from 0 to 1000"),
        ("citizens:1:2", "whole number from 0 to 1000"),
        (":5", "is no queue of this site"),
    ],
)
def test_queues_that_cannot_be_meant(queues: str, remedy: str) -> None:
    ((line, field, said),) = refused(row(queues=queues), {"citizens", "enterprise"})
    assert (line, field) == (2, "queues")
    assert remedy in said


@pytest.mark.parametrize("queues", ["citizens enterprise", "a]b", "-x", "q\x00", "../etc", "q,r"])
def test_a_queue_name_that_the_pbx_could_misread_is_refused_even_if_no_queues_are_known(queues: str) -> None:
    ((_, field, said),) = refused(row(queues=queues))
    assert (field, "letters, digits" in said) == ("queues", True)


def test_an_agent_may_be_in_no_queue() -> None:
    assert reading(row(queues="")).agents[0].queues == ()


@pytest.mark.parametrize("phone", ["trunk-carrier", "TRUNK-1", "desk 2", "desk/2", "desk@2", "台", "-x", "a" * 64])
def test_a_phone_that_is_no_endpoint_of_a_person_is_refused(phone: str) -> None:
    ((_, field, _remedy),) = refused(row(phone=phone))
    assert field == "phone"


def test_all_that_is_wrong_is_told_at_once_with_the_line_it_stands_in() -> None:
    text = (
        'number,name,queues\n10x1,王小明,nowhere\n1002,"two\nlines",citizens\n1003,李娜,citizens\n1004,,citizens,,x\n'
    )
    found = reading(text, {"citizens"})
    assert [(one.line, one.field) for one in found.refusals] == [(2, "number"), (2, "queues"), (3, "name"), (6, "")]
    assert [one.number for one in found.agents] == ["1003"]


def test_of_two_rows_with_one_number_or_one_phone_the_first_is_taken() -> None:
    text = GOOD + "1001,张三,citizens,desk-3\n1003,李四,citizens,1001\n1004,赵五,citizens,desk-2\n"
    found = reading(text)
    assert found.agents == EXPECTED
    assert [(one.line, one.field, one.remedy) for one in found.refusals] == [
        (4, "number", "line 2 has it already: keep one"),
        (5, "phone", "line 2 has it already: keep one"),
        (6, "phone", "line 3 has it already: keep one"),
    ]


def test_nothing_is_half_imported_and_every_refusal_is_in_the_message() -> None:
    found = reading(GOOD + "x,,\n")
    with pytest.raises(DirectoryError) as caught:
        found.all_or_nothing()
    message = str(caught.value)
    assert message.startswith("Nothing was imported: 2 rows")
    assert "line 4, number 'x': write 2 to 15 digits" in message
    assert "line 4, name '': write the agent's name" in message
    assert reading(GOOD).all_or_nothing() == EXPECTED


def test_a_file_full_of_mistakes_does_not_fill_the_screen() -> None:
    text = "number,name,queues\n" + "".join(f"x{number},n,q\n" for number in range(500))
    with pytest.raises(DirectoryError) as caught:
        reading(text).all_or_nothing()
    assert "500 " in str(caught.value)
    assert "and 480 more" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 22


# --- whatever comes in ------------------------------------------------------------------------------------

NAMES = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)
QUEUES = st.dictionaries(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,9}", fullmatch=True), st.integers(0, 1000), max_size=3
)
NUMBERS = st.from_regex(r"[0-9]{2,8}", fullmatch=True).filter(lambda number: number not in EMERGENCY)
AGENTS = st.builds(agent, NUMBERS, NAMES, QUEUES)


@given(st.lists(AGENTS, max_size=8, unique_by=lambda one: one.number), st.sampled_from(["utf-8-sig", "gb18030"]))
def test_what_a_csv_library_writes_is_read_back_the_same(agents: list[Agent], encoding: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["number", "name", "queues", "phone"])
    for one in agents:
        queues = ";".join(f"{at.queue}:{at.penalty}" for at in one.queues)
        writer.writerow([one.number, one.name, queues, one.phone])
    found = read_agents(out.getvalue().encode(encoding))
    assert found == Reading(tuple(agents), ())


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_being_refused(data: bytes) -> None:
    try:
        found = read_agents(b"number,name,queues\n" + data)
    except DirectoryError:
        return
    for one in found.agents:
        assert one.number.isascii()
        assert one.number.isdigit()
        assert not any(unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"} for char in one.name)


@given(st.text(st.characters(codec="utf-8"), max_size=100))
def test_utf_8_is_never_taken_for_gb18030(text: str) -> None:
    assert decoded(text.encode()) == text.removeprefix("\ufeff") or text.encode().startswith((b"PK", b"\xff"))
