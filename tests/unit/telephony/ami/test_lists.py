"""Items of a list's answer: what panoramisk is not shown could not have been its end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panoramisk.actions import Action
from panoramisk.message import Message

from telephony.ami import codec
from telephony.ami.session import _ITEMS_AT_ONCE, _may_end, _Pending

BEGUN = b"Response: Success\r\nActionID: a-1\r\nEventList: start\r\nMessage: will follow"
ENDED = b"Event: ListComplete\r\nActionID: a-1\r\nEventList: Complete"
_KEYS = st.sampled_from(
    ["SubEvent", "subevent", "SUBEVENT", "Response", "response", "Message", "EventList", "Extension"]
)
_VALUES = st.sampled_from(["End", "Exec", "Success", "Error", "Fail", "Failure", "Complete", "start", "x", ""])
_NAMES = st.sampled_from(["ListDialplan", "ListComplete", "Complete", "QueueMember", "ListIncomplete", "x"])


@settings(max_examples=200, deadline=None)
@given(_NAMES, st.lists(st.tuples(_KEYS, _VALUES), max_size=3))
async def test_whatever_ends_a_list_may_end_it(name: str, headers: list[tuple[str, str]]) -> None:
    item = "\r\n".join([f"Event: {name}", *(f"{key}: {value}" for key, value in headers)]).encode()
    action = Action({"Action": "List", "ActionID": "a-1"}, as_list=None)
    assert not action.add_message(Message(codec.headers_of(BEGUN)))
    ended = action.add_message(Message(codec.headers_of(item)))
    assert _may_end(item) or not ended


@pytest.mark.parametrize("count", [0, 1, _ITEMS_AT_ONCE, 3 * _ITEMS_AT_ONCE + 1])
async def test_a_long_list_is_whole_with_its_end(count: int) -> None:
    pending = _Pending("List", "a-1", lists=True)
    assert not pending.take(BEGUN)
    for number in range(count):
        assert not pending.take(b"Event: Item\r\nActionID: a-1\r\nNumber: %d" % number)
    assert pending.take(ENDED)
    assert pending.future.done()
    assert [item["Number"] for item in (await pending.reply()).items] == [str(number) for number in range(count)]
