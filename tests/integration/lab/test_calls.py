"""Real calls: SIPp's callers through a real Queue to SIPp's agents. The judge is app_queue's own log."""

import asyncio
from collections import Counter

import pytest

from telephony.errors import LabError
from tests.integration.lab.hotline import configure, events, queue_log
from zhitong.lab.books import Seen, fold
from zhitong.lab.lab import Lab
from zhitong.lab.people import HUMAN_RING, times
from zhitong.lab.roles import Account, Agent, Caller, Keys, Offer

pytestmark = pytest.mark.acceptance

ONE, TWO = "13800000001", "13800000002"
SLACK_S = 0.25
"""A few milliseconds on a machine with nothing else to do (zhitong/lab/README.md); this one may be busy."""


def caller(number: str = ONE, dialled: str = "12345", **changes: object) -> Caller:
    return Caller(number=number, dialled=dialled, **changes)  # type: ignore[arg-type]


async def play(lab: Lab, agents: list[Agent], callers: list[Caller], timeout_s: int = 15) -> None:
    """Start everything, and return when the last caller is off the line and the agents have heard of it."""
    configure(lab, [agent.number for agent in agents], timeout_s=timeout_s)
    await lab.pbx.start()
    await lab.agents(agents)
    await (await lab.callers(callers)).finished(60)
    for _ in range(100):
        if all(call.lines[-1].event == "end" for call in fold(lab.lines())):
            return
        await asyncio.sleep(0.02)


def calls(lab: Lab, role: str) -> list[Seen]:
    return [call for call in fold(lab.lines()) if call.role == role]


async def test_an_agent_answers_and_the_caller_hangs_up(lab: Lab) -> None:
    agent = Agent("8001", (Offer(ring_s=0.4),))
    await play(lab, [agent], [caller(name="欧阳娜娜 𠮷é", talk_s=0.6)])
    (calling,), (called,) = calls(lab, "caller"), calls(lab, "agent")

    assert events(lab) == [("NONE", "ENTERQUEUE"), ("8001", "CONNECT"), ("8001", "COMPLETECALLER")]
    assert (calling.status, calling.hung_up) == (200, "us")
    assert (called.status, called.hung_up) == (200, "them")
    assert (called.number, called.other) == ("8001", ONE)
    # One clock, so both books must tell one story; the queue answers the caller when the agent answers.
    assert calling.answered_at and called.answered_at and called.ringing_at and calling.ended_at
    assert abs(calling.answered_at - called.answered_at) < SLACK_S
    assert abs(called.answered_at - called.ringing_at - 0.4) < SLACK_S
    assert abs(calling.ended_at - calling.answered_at - 0.6) < SLACK_S
    # The name went out in UTF-8 and came to the agent's phone the same.
    assert '"欧阳娜娜 𠮷é" <sip:' in called.lines[0].detail
    assert calling.lines[0].detail == "欧阳娜娜 𠮷é"


async def test_the_name_as_the_pbx_understands_it(lab: Lab) -> None:
    configure(lab, [])
    await lab.pbx.start()
    await (await lab.callers([caller(dialled="12347", name="王'五'(女) ~ %41 & [x]")])).finished(60)
    assert queue_log(lab)[-1][4:6] == ["NAMED", "王'五'(女) ~ %41 & [x]"]
    (call,) = calls(lab, "caller")
    assert (call.status, call.answered_at, call.hung_up) == (486, None, "")


async def test_a_caller_hears_it_ring(lab: Lab) -> None:
    await play(lab, [Agent("8001", (Offer(ring_s=0.3),))], [caller(dialled="12348", talk_s=0.2)])
    (call,) = calls(lab, "caller")
    told = [line.event for line in call.lines]
    # Asterisk may say it more than once.
    assert list(dict.fromkeys(told)) == ["invite_sent", "ringing", "answered", "bye_sent", "end"]
    assert call.lines[1].detail == "180"
    assert call.ringing_at and call.ringing_at - call.invited_at < SLACK_S


async def test_the_agent_hangs_up_first(lab: Lab) -> None:
    await play(lab, [Agent("8001", (Offer(ring_s=0.1, talk_s=0.4),))], [caller()])
    assert events(lab)[-1] == ("8001", "COMPLETEAGENT")
    assert [call.hung_up for call in calls(lab, "caller")] == ["them"]
    assert [call.hung_up for call in calls(lab, "agent")] == ["us"]


async def test_a_caller_gives_up_while_an_agent_s_phone_rings(lab: Lab) -> None:
    await play(lab, [Agent("8001", (Offer(ring_s=None),))], [caller(give_up_after_s=0.5)])
    assert events(lab)[-1] == ("NONE", "ABANDON")
    (calling,), (called,) = calls(lab, "caller"), calls(lab, "agent")
    assert (calling.status, called.status) == (487, 487)
    assert [line.event for line in calling.lines] == ["invite_sent", "cancel_sent", "refused", "end"]
    assert [line.event for line in called.lines] == ["invite_received", "ringing_sent", "cancel_received", "end"]


@pytest.mark.parametrize("code", [480, 486, 603])
async def test_an_agent_refuses_and_the_next_is_offered_the_call(lab: Lab, code: int) -> None:
    agents = [Agent("8001", (Offer(ring_s=0.2, refuse=code),)), Agent("8002", (Offer(ring_s=0.1),))]
    await play(lab, agents, [caller(talk_s=0.2)])
    assert [status for _, status in sorted((call.number, call.status) for call in calls(lab, "agent"))] == [code, 200]
    assert ("8002", "CONNECT") in events(lab)


async def test_an_agent_who_never_answers_is_passed_over(lab: Lab) -> None:
    agents = [Agent("8001", (Offer(ring_s=None),)), Agent("8002", (Offer(ring_s=0.1),))]
    await play(lab, agents, [caller(talk_s=0.2)], timeout_s=1)
    assert [event for event in events(lab) if event[0] != "NONE"] == [
        ("8001", "RINGNOANSWER"),
        ("8002", "CONNECT"),
        ("8002", "COMPLETECALLER"),
    ]
    assert [(call.number, call.status) for call in calls(lab, "agent")] == [("8001", 487), ("8002", 200)]


async def test_keys_after_the_answer_reach_the_pbx(lab: Lab) -> None:
    keys = (Keys(0.3, "1"), Keys(0.4, "2*0"))
    await play(lab, [Agent("8001", (Offer(ring_s=0.1),))], [caller(dialled="12346", keys=keys, talk_s=2.0)])
    assert [row[5] for row in queue_log(lab) if row[4] == "KEYED"] == ["12*0"]
    (call,) = calls(lab, "caller")
    assert [line.detail for line in call.lines if line.event == "key"] == ["1", "2", "*", "0"]
    assert call.answered_at and call.ended_at
    assert abs(call.ended_at - call.answered_at - 2.0) < SLACK_S


async def test_an_agent_transfers_the_caller_to_another(lab: Lab) -> None:
    agents = [
        Agent("8001", (Offer(ring_s=0.1, talk_s=0.3, transfer_to="8002"),)),
        Agent("8002", (Offer(ring_s=0.2, talk_s=0.4),)),
    ]
    await play(lab, agents, [caller()])
    transfer = next(row for row in queue_log(lab) if row[4] == "BLINDTRANSFER")
    assert transfer[3:7] == ["8001", "BLINDTRANSFER", "8002", "agents"]
    first, second = calls(lab, "agent")
    assert [(call.number, call.other, call.hung_up) for call in (first, second)] == [
        ("8001", ONE, "us"),
        ("8002", ONE, "us"),
    ]
    assert first.ended_at and second.answered_at and second.ended_at
    (calling,) = calls(lab, "caller")
    assert calling.ended_at and calling.ended_at - second.ended_at < SLACK_S


async def test_two_calls_of_one_caller_are_two_calls(lab: Lab) -> None:
    agents = [Agent(number, (Offer(ring_s=0.2),)) for number in ("8001", "8002")]
    await play(lab, agents, [caller(talk_s=0.4), caller(talk_s=0.4, start_at=0.05)])
    assert Counter(event for _, event in events(lab))["CONNECT"] == 2
    assert len({call.call_id for call in calls(lab, "caller")}) == 2
    assert sorted(call.number for call in calls(lab, "agent")) == ["8001", "8002"]


async def test_a_wrong_number_is_refused(lab: Lab) -> None:
    await play(lab, [], [caller(dialled="999")])
    assert [(call.status, call.answered_at) for call in calls(lab, "caller")] == [(404, None)]
    assert events(lab) == []


async def test_the_nth_offer_of_an_agent_meets_the_nth_of_its_list(lab: Lab) -> None:
    """Seeded people: whoever is offered what, each agent's phone rings as long as was drawn for it."""
    rings = {
        number: tuple(ring / 10 for ring in times(3, "ring", number, HUMAN_RING, 3)) for number in ("8001", "8002")
    }
    agents = [Agent(number, tuple(Offer(ring_s=ring) for ring in rings[number])) for number in rings]
    many = [caller(f"1390000000{index}", start_at=index * 0.05, talk_s=0.2) for index in range(8)]
    await play(lab, agents, many)
    assert Counter(event for _, event in events(lab))["CONNECT"] == 8
    for number, drawn in rings.items():
        met = [call for call in calls(lab, "agent") if call.number == number]
        # More offers than were drawn: the list begins anew.
        assert len(met) > 3
        for index, call in enumerate(met):
            assert call.answered_at and call.ringing_at
            assert abs(call.answered_at - call.ringing_at - drawn[index % 3]) < SLACK_S


async def test_callers_who_give_up_in_the_instant_of_the_answer(lab: Lab) -> None:
    """The race of CANCEL and 200 has two right ends, and both phones, the queue and the PBX must agree on which."""
    numbers = [f"80{index:02}" for index in range(1, 11)]
    agents = [Agent(number, (Offer(ring_s=0.5),)) for number in numbers]
    many = [caller(f"1390000{index:04}", give_up_after_s=0.494 + index * 0.002, talk_s=0.3) for index in range(10)]
    await play(lab, agents, many)
    ends = {call.number: call.status for call in calls(lab, "caller")}
    assert len(ends) == 10
    assert set(ends.values()) <= {200, 487}
    # Nobody's line is left hanging, whoever won.
    assert all(call.ended_at for call in calls(lab, "agent"))
    assert "0 active channels" in await lab.pbx.cli("core show channels count")


async def test_phones_that_register(lab: Lab) -> None:
    configure(lab, ["8001"], register=True)
    await lab.pbx.start()
    await lab.agents([Agent("8001", (Offer(ring_s=0.1),))])
    await lab.register([Account("8001", "geheim-8001")])
    assert f"8001/sip:8001@127.0.0.1:{lab.ports.agents}" in await lab.pbx.cli("pjsip show contacts")
    await (await lab.callers([caller(talk_s=0.2)])).finished(60)
    assert ("8001", "CONNECT") in events(lab)


async def test_a_wrong_password_is_told(lab: Lab) -> None:
    configure(lab, ["8001"], register=True)
    await lab.pbx.start()
    with pytest.raises(LabError, match="did not register 8001"):
        await lab.register([Account("8001", "wrong")])


async def test_a_phone_nobody_has_is_not_found(lab: Lab) -> None:
    configure(lab, ["8001"])
    await lab.pbx.start()
    await lab.agents([Agent("8002")])
    await (await lab.callers([caller(give_up_after_s=0.6)])).finished(60)
    assert [(call.number, call.status) for call in calls(lab, "agent")][:1] == [("8001", 404)]
