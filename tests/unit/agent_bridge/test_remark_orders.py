"""Who may write of calls that they had no part in, and how notes are shown to those who see no numbers."""

import msgspec
import pytest

from agent_bridge.views import View, shown
from agent_bridge.wire import orders, params
from telephony.model.ids import MemberName
from tests.integration.agent_bridge.world import talking
from zhitong.access.roles import Principal, Role


@pytest.mark.parametrize(
    ("role", "any_call"),
    [(Role.AGENT, False), (Role.LEAD, False), (Role.SUPERVISOR, True), (Role.INTEGRATION, True)],
)
def test_a_remark_on_any_call_needs_the_right_to_the_records(role: Role, any_call: bool) -> None:
    who = Principal("zhang", role, MemberName("1001"))
    note = orders.note(params.NoteText(key="k", call="C", text="停水"), who)
    dispose = orders.dispose(params.Topics(key="k", call="C", topics=("water",), answered=False), who)
    mark = orders.mark(params.MarkAs(key="k", call="C", mark="silent"), who)
    assert {note.any_call, dispose.any_call, mark.any_call} == {any_call}
    assert (note.agent, note.by, note.text) == ("1001", "zhang", "停水")
    assert (dispose.topics, dispose.answered, mark.mark) == (("water",), False, "silent")


def test_a_number_in_a_note_is_masked_with_the_callers() -> None:
    text = "回电 138 0000 0001"
    call = msgspec.structs.replace(talking(1, "1001"), note=text, notes={"1001": text})
    masked = shown(call, View.MASKED)
    assert b"138 0000 0001" not in msgspec.json.encode(masked)
    assert msgspec.json.encode(masked).count("回电 138****0001".encode()) == 2
    assert shown(call, View.FULL) == call
