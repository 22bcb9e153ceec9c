"""Log lines: one form for ours and for libraries', and no telephone number in any of them."""

import json
import logging
import re
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from telephony.model.ids import call_id_of
from zhitong.cli.logs import LogForm, mask_text, set_up

MOBILE = "13812345678"
MASKED = "138****5678"


@pytest.fixture(autouse=True)
def afterwards() -> Iterator[None]:
    """Logging is the process's: put it back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


# --- what is masked -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (MOBILE, MASKED),
        (f"call from {MOBILE}.", f"call from {MASKED}."),
        (f"{MOBILE}, 13900001111; 12345", f"{MASKED}, 139****1111; 12345"),
        (f"+86{MOBILE}", f"+86{MASKED}"),
        (f"来电{MOBILE}已挂机", f"来电{MASKED}已挂机"),
        ("１３８１２３４５６７８", "138****5678"),
        ("02161234567", "021****4567"),
        ("021-61234567", "021****4567"),
        (f"Local/{MOBILE}@zt-phone-0000002a;1", f"Local/{MASKED}@zt-phone-0000002a;1"),
        (f"PJSIP/{MOBILE}-0000002a", f"PJSIP/{MASKED}-0000002a"),
        (f"<sip:{MOBILE}@192.0.2.1>", f"<sip:{MASKED}@192.0.2.1>"),
        (f"number={MOBILE}&x", f"number={MASKED}&x"),
        (f'"{MOBILE}"', f'"{MASKED}"'),
        (f"tel.{MOBILE}", f"tel.{MASKED}"),
    ],
)
def test_a_number_is_masked_wherever_it_stands(text: str, shown: str) -> None:
    assert mask_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "pbx1-1795402664.9",
        "1795402664.123456",
        "1795402664.10",
        str(call_id_of("pbx1", "pbx1-1795402664.9")),
        "2026-11-23T02:57:44.123456Z",
        "2026-11-23 10:57:44",
        "10:57:44.123",
        "PJSIP/1001-0000002a",
        "PJSIP/trunk-carrier-00000001",
        "12345",
        "95588",
        "127.0.0.1:5038",
        "2026/11/23/pbx1-1795402665.2.wav",
        "20261123-100000-pbx1.wav",
        "a1234567890b",
        "0x7f061c7cab10",
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_ids_times_and_service_numbers_survive(text: str) -> None:
    assert mask_text(text) == text
    assert mask_text(f"call={text} ended") == f"call={text} ended"


@given(
    st.from_regex(r"(?:\+?86)?1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", " ", "/", "<", '"', "(", "=", ":", "，", "来电"]),
    st.sampled_from(["", " ", "@x", ">", '"', ")", ".", ", ", "。", "来"]),
)
def test_any_mobile_number_between_any_marks(number: str, before: str, after: str) -> None:
    shown = mask_text(before + number + after)
    assert number not in shown
    assert number[-11:] not in shown
    assert shown.endswith(number[-4:] + after)


@given(st.integers(1_000_000_000, 4_000_000_000), st.integers(0, 10_000_000), st.sampled_from(["", "pbx1-", "a-"]))
def test_any_uniqueid_and_callid_survives(second: int, counter: int, prefix: str) -> None:
    uniqueid = f"{prefix}{second}.{counter}"
    text = f"call {call_id_of('pbx1', uniqueid)} of {uniqueid}, again {uniqueid}"
    assert mask_text(text) == text


# --- lines --------------------------------------------------------------------------------------------------------


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_json_line_for_each_event(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogForm.JSON)
    structlog.get_logger().info("call ended", call="01X", number=MOBILE, waiting=3, name="王小明")
    (line,) = lines(capsys)
    said = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", said.pop("timestamp"))
    assert said == {
        "event": "call ended",
        "call": "01X",
        "number": MASKED,
        "waiting": 3,
        "name": "王小明",
        "level": "info",
    }


def test_numbers_in_whatever_holds_them(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogForm.JSON)

    class Party:
        def __str__(self) -> str:
            return f"Party({MOBILE})"

    parts = {"parties": [MOBILE, (MOBILE,)], "by": {"party": MOBILE}, "one": Party(), "set": {MOBILE}}
    structlog.get_logger().warning("x", **parts)
    (line,) = lines(capsys)
    assert MOBILE not in line
    assert line.count(MASKED) == 5


@pytest.mark.parametrize("form", LogForm)
def test_a_traceback_is_there_and_is_masked(capsys: pytest.CaptureFixture[str], form: LogForm) -> None:
    set_up(form)
    try:
        raise ValueError(f"cannot fold {MOBILE}")
    except ValueError:
        structlog.get_logger().exception("an event could not be applied")
    said = "\n".join(lines(capsys))
    assert f"cannot fold {MASKED}" in said
    assert "test_a_traceback_is_there" in said
    assert MOBILE not in said


@pytest.mark.parametrize("form", LogForm)
def test_lines_of_libraries_have_our_form_and_our_mask(capsys: pytest.CaptureFixture[str], form: LogForm) -> None:
    set_up(form)
    logging.getLogger("sqlalchemy.pool").warning("parameters: %s", (MOBILE,))
    logging.getLogger("sqlalchemy.pool").info("not said")
    try:
        raise ValueError(MOBILE)
    except ValueError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    said = lines(capsys)
    assert MASKED in said[0]
    assert MOBILE not in "\n".join(said)
    assert "not said" not in "\n".join(said)
    if form is LogForm.JSON:
        assert [json.loads(line)["logger"] for line in said] == ["sqlalchemy.pool", "asyncio"]
        assert json.loads(said[0])["level"] == "warning"


def test_debug_lines_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    for verbose in (False, True):
        set_up(LogForm.JSON, verbose=verbose)
        structlog.get_logger().debug("detail")
        assert len(lines(capsys)) == verbose


def test_lines_for_people_have_no_colour_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogForm.PRETTY)
    structlog.get_logger().info("link", state="up", number=MOBILE)
    (line,) = lines(capsys)
    assert "\x1b" not in line
    assert "link" in line
    assert "state=up" in line
    assert MASKED in line


def test_nothing_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogForm.PRETTY)
    structlog.get_logger().info("x")
    logging.getLogger("y").error("z")
    assert capsys.readouterr().out == ""
