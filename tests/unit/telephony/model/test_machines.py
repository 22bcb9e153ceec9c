"""The tables: everything in them is used, nothing that happens is missing, and the diagrams are drawn from them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from telephony.model import calls, world
from telephony.model import machines as m
from telephony.model.machines import CallInput, CallState, ChannelInput, ChannelState, OfferInput, OfferState
from telephony.records import build
from tests.unit.telephony.model import test_endings, test_offers, test_snapshot, test_transfers_by_code
from tests.unit.telephony.model.script import Line, Pbx, Phone, told
from tests.unit.telephony.model.stories import STORIES
from tools import diagrams

Pair = tuple[Any, Any]
Table = Mapping[Pair, Any]


class Noting(dict[Pair, Any]):
    """A table that notes which of its pairs are looked up in it."""

    def __init__(self, table: Table, pairs: set[Pair]) -> None:
        super().__init__(table)
        self._pairs = pairs

    def get(self, pair: Pair, otherwise: Any = None) -> Any:
        if pair in self:
            self._pairs.add(pair)
        return super().get(pair, otherwise)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[Pair]]:
    """The pairs of state and input that the model steps through during a test."""
    pairs: set[Pair] = set()
    for name in ("CHANNEL", "OFFER", "CALL", "AGENT"):
        monkeypatch.setattr(world, name, Noting(getattr(m, name), pairs))
    yield pairs


def tell_everything() -> None:
    """All ordinary calls there are stories of."""
    for story in STORIES:
        pbx = Pbx()
        story(pbx)
        told(pbx.events)
    for ending in test_endings.ENDINGS:
        told(ending().events)
    test_offers.test_refused_or_unavailable_then_the_next_agent(20, "unavailable")
    for test in (
        test_endings.test_redirected_out_of_the_line_is_withdrawn_from_it_whoever_answers_elsewhere,
        test_offers.test_both_of_a_ring_all_pick_up_at_once,
        test_offers.test_the_queue_times_out_while_a_phone_rings,
        test_offers.test_the_agent_hangs_up_between_pick_up_and_bridge,
        test_transfers_by_code.test_blonde_by_code,
        test_snapshot.test_what_ended_while_the_link_was_down_is_ended_and_marked,
        test_snapshot.test_call_states_are_told_for_what_was_found,
    ):
        test()


# --- pairs that no ordinary call shows, each with what makes it happen ------------------------------------


def ringing() -> tuple[Pbx, Line, Phone]:
    pbx = Pbx()
    caller, phone = test_offers.ringing(pbx)
    pbx.wait(2)
    return pbx, caller, phone


def rings_twice() -> Pbx:
    """180 comes more than once."""
    pbx, _, phone = ringing()
    phone.rings()
    return pbx


def early_media() -> Pbx:
    """Bridged before it was answered, or Newstate Up was missed."""
    pbx, _, phone = ringing()
    phone.enters(pbx.bridge())
    return pbx


def fails_at_once() -> Pbx:
    """A phone that cannot be reached never rings."""
    pbx = Pbx()
    pbx.originates("1001").gone(20)
    return pbx


def bridged_though_nobody_saw_it_answer() -> Pbx:
    pbx, _, phone = ringing()
    phone.bridged()
    return pbx


def dumped() -> Pbx:
    """The caller left while the agent heard an announcement."""
    pbx, _, phone = ringing()
    phone.up()
    phone.dumped()
    return pbx


def ended_by_hangup_before_the_phone() -> Pbx:
    pbx, caller, phone = ringing()
    caller.asks(127)
    caller.gone(127)
    phone.gone(0)
    return pbx


def queue_over_before_the_phone_stops() -> Pbx:
    """ZtQueueEnd overtakes the Hangup of the phone."""
    pbx, caller, phone = ringing()
    caller.leaves_queue()
    caller.queue_ended("TIMEOUT")
    phone.gone(0)
    return pbx


def reopened() -> Pbx:
    """A leg created as the last one went."""
    pbx = Pbx()
    caller = pbx.citizen()
    caller.gone()
    late = Line(pbx, "1001")
    late.linkedid = caller.linkedid
    late.created(0, "", "zt-phone", "s")
    return pbx


RARE: dict[Pair, Callable[[], Pbx]] = {
    (ChannelState.RINGING, ChannelInput.RING): rings_twice,
    (ChannelState.RINGING, ChannelInput.ENTER_BRIDGE): early_media,
    (ChannelState.DOWN, ChannelInput.HANG_UP): fails_at_once,
    (OfferState.RINGING, OfferInput.BRIDGE): bridged_though_nobody_saw_it_answer,
    (OfferState.PICKED_UP, OfferInput.CANCEL): dumped,
    (CallState.OFFERED, CallInput.LEAVE_QUEUE): queue_over_before_the_phone_stops,
    (CallState.ENDED, CallInput.LEG_ADDED): reopened,
}


BEYOND: dict[Pair, str] = {
    (CallState.OFFERED, CallInput.LAST_LEG_GONE): "an offer for another channel of the call is open to the end",
    (CallState.TALKING, CallInput.LAST_LEG_GONE): "a caller with more partings than are kept, tried below",
    (OfferState.PICKED_UP, OfferInput.RING_OUT): "tried below",
    (OfferState.PICKED_UP, OfferInput.REFUSE): "tried below",
    (OfferState.PICKED_UP, OfferInput.UNREACHABLE): "tried below",
}


@pytest.mark.parametrize("table", [m.CHANNEL, m.OFFER, m.CALL], ids=["channel", "offer", "call"])
def test_every_pair_of_a_table_happens(table: Table, used: set[Pair]) -> None:
    tell_everything()
    rare = {*RARE, *BEYOND}
    assert {pair for pair in table if pair not in used | rare} == set()


@pytest.mark.parametrize("pair", RARE, ids=lambda pair: f"{pair[0].value} × {pair[1].value}")
def test_rare_pairs_happen_too(pair: Pair, used: set[Pair]) -> None:
    heard = told(RARE[pair]().events)
    assert pair in used
    assert heard.anomalies == []


def test_a_pick_up_that_only_the_queue_told_of(used: set[Pair]) -> None:
    """Newstate Up was missed: whatever ends the phone then, it was picked up and never bridged."""

    def not_answered(phone: Phone) -> None:
        phone.no_answer()
        phone.gone(0)

    acts: list[Callable[[Phone], None]] = [lambda phone: phone.gone(17), lambda phone: phone.gone(20), not_answered]
    for act in acts:
        pbx, caller, phone = ringing()
        phone.connected()
        act(phone)
        caller.gone(16)
        assert [offer.outcome for offer in told(pbx.events).record.offers] == ["dropped"]
    for entry in (OfferInput.REFUSE, OfferInput.UNREACHABLE, OfferInput.RING_OUT):
        assert (OfferState.PICKED_UP, entry) in used


def test_more_partings_than_are_kept(used: set[Pair], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MAX_SPANS", 0)
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    caller.offered("1001").answers()
    caller.hangs_up()
    heard = told(pbx.events)
    assert heard.record.outcome == "answered"
    assert (CallState.TALKING, CallInput.LAST_LEG_GONE) in used


def test_an_agents_facts_alone_decide() -> None:
    """For each input one state, from wherever: so no event that was lost can leave an agent stuck (failure 9)."""
    for entry in m.AgentInput:
        targets = {m.AGENT[state, entry] for state in m.AgentState}
        assert len(targets) == 1
    assert {m.AGENT[m.AgentState.READY, entry] for entry in m.AgentInput} == set(m.AgentState)


def test_every_state_can_be_reached_and_only_ends_are_ends() -> None:
    ends = {
        m.ChannelState.GONE,
        m.OfferState.ANSWERED,
        m.OfferState.NO_ANSWER,
        m.OfferState.REFUSED,
        m.OfferState.UNAVAILABLE,
        m.OfferState.CANCELLED,
        m.OfferState.LOST,
        m.OfferState.DROPPED,
        m.OfferState.UNKNOWN,
    }
    for drawing in diagrams.DRAWINGS:
        states = set(type(drawing.start))
        assert set(drawing.table.values()) | {drawing.start} == states
        assert states - {state for state, _ in drawing.table} == states & ends


def test_every_offer_state_has_an_outcome() -> None:
    assert set(build._OUTCOME_OF_OFFER) == set(m.OfferState)


def test_a_pair_that_is_not_in_the_table_is_no_step() -> None:
    assert m.CALL.get((m.CallState.ENDED, m.CallInput.OFFER)) is None
    assert m.OFFER.get((m.OfferState.ANSWERED, m.OfferInput.CANCEL)) is None


# --- diagrams ---------------------------------------------------------------------------------------------


def test_the_diagrams_in_the_docs_are_drawn_from_these_tables() -> None:
    assert diagrams.TARGET.read_text(encoding="utf-8") == diagrams.document(), "stale; run: make diagrams"


def test_a_changed_table_makes_the_diagrams_stale(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diagrams.main(["--check"]) == 0
    fewer = diagrams.DRAWINGS[:-1]
    monkeypatch.setattr(diagrams, "DRAWINGS", fewer)
    assert diagrams.main(["--check"]) == 1
    assert "make diagrams" in capsys.readouterr().out


def test_a_diagram_holds_every_state_and_every_step() -> None:
    for drawing in diagrams.DRAWINGS:
        lines = list(diagrams.draw(drawing.table, drawing.start))
        text = "\n".join(lines)
        for state in type(drawing.start):
            assert f'state "{state.value}" as ' in text
        drawn = sum(line.count(",") + 1 for line in lines if " : " in line)
        collapsed = sum(len(type(drawing.start)) - 1 for line in lines if line.startswith("any -->"))
        assert drawn + collapsed == len(drawing.table)
        assert f"[*] --> {drawing.start.name.lower()}" in lines


def test_names_in_a_diagram_are_plain() -> None:
    """Mermaid takes no spaces or hyphens in a state's name; what is shown stands in quotes."""
    for drawing in diagrams.DRAWINGS:
        for line in diagrams.draw(drawing.table, drawing.start):
            arrow = line.partition(" : ")[0].split(" --> ")
            if len(arrow) == 2:
                assert all(name == "[*]" or name.replace("_", "").isalpha() for name in arrow)
