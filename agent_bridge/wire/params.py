"""What each method takes. Pure.

A field that is unknown is refused, as is one that breaks its type: with the field's name, and nothing is done.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent_bridge.wire.texts import (
    AgentNumber,
    CallName,
    ClientId,
    Goal,
    Invitation,
    Key,
    Leg,
    Name,
    Number,
    Query,
    Queue,
    QueueOrNone,
    Remark,
    Scope,
    Sentence,
    Text,
    Token,
    Word,
    WordOrNone,
    whole,
)

BIG = 2**53 - 1
Natural = Annotated[int, whole(0, BIG, "a whole number")]
Deadline = Annotated[float, Meta(gt=0, le=60, extra_json_schema={"description": "seconds, up to 60"})]
Queues = Annotated[tuple[Queue, ...], Meta(max_length=50)]


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all have in common."""


class Nothing(Params, frozen=True, kw_only=True):
    """No parameters."""


class Hello(Params, frozen=True, kw_only=True):
    """``client_id`` names this desktop, the same over its reconnections: who comes with it again replaces the one
    before. ``epoch``, ``sequence``, ``scope`` are those last heard, by who wants to go on from there."""

    token: Token
    client_id: ClientId
    versions: Annotated[tuple[Annotated[int, whole(1, 1000, "a version")], ...], Meta(max_length=20)] = (1,)
    client: Name = ""
    epoch: Natural | None = None
    sequence: Natural | None = None
    scope: Scope = ""


class Renew(Params, frozen=True, kw_only=True):
    """A new token of the same account, before the old one expires."""

    token: Token


class Search(Params, frozen=True, kw_only=True):
    """``query`` as typed: Chinese, pinyin, initials, a code; of several words each must fit. An empty one finds the
    emergency numbers of the site."""

    query: Query
    limit: Annotated[int, whole(1, 50, "a whole number")] = 20


class Order(Params, frozen=True, kw_only=True):
    """What all that change something have in common. ``key`` names the order: given twice, it is carried out once, and
    both are answered alike. Nothing is sent to the PBX after ``deadline_s``."""

    key: Key
    deadline_s: Deadline = 10.0


class InQueues(Order, frozen=True, kw_only=True):
    """``queues`` empty: all that the directory gives the agent."""

    queues: Queues = ()


class PauseFor(Order, frozen=True, kw_only=True):
    """``reason``: one of the site's."""

    reason: Word


class Longer(Order, frozen=True, kw_only=True):
    seconds: Annotated[int, whole(1, 3600, "seconds")]


class OfCall(Order, frozen=True, kw_only=True):
    call: CallName


class CallTo(OfCall, frozen=True, kw_only=True):
    to: Goal


class CallAsks(OfCall, frozen=True, kw_only=True):
    """Somebody is asked: an agent, who is in the directory, or somebody outside."""

    to: Number


class OfInvitation(OfCall, frozen=True, kw_only=True):
    invite: Invitation = ""


class OfLeg(OfCall, frozen=True, kw_only=True):
    leg: Leg


class Urgent(Order, frozen=True, kw_only=True):
    """``number``: one of the site's emergency numbers. Without ``call`` it is called from the agent's phone."""

    number: Number
    call: CallName | None = None


class Together(Order, frozen=True, kw_only=True):
    """One of ``call`` (one that has ended, and that the agent had a part in) and ``number``: whom to call back."""

    to: Number
    call: CallName | None = None
    number: Number | None = None


class CallToQueue(OfCall, frozen=True, kw_only=True):
    queue: QueueOrNone = ""


class Dial(Order, frozen=True, kw_only=True):
    number: Number


class Entry(Order, frozen=True, kw_only=True):
    """An entry of the missed-call ledger."""

    entry: Annotated[int, whole(1, BIG, "an entry's number")]


class NoteText(OfCall, frozen=True, kw_only=True):
    text: Text


class Topics(OfCall, frozen=True, kw_only=True):
    """``answered``: directly, without a work order."""

    topics: Annotated[tuple[Word, ...], Meta(max_length=20)]
    answered: bool | None = None


class Outcome(OfCall, frozen=True, kw_only=True):
    """``resolved``: on the call, with those who were asked into it; null takes back what was said."""

    resolved: bool | None


class MarkAs(OfCall, frozen=True, kw_only=True):
    mark: Literal["nuisance", "silent", ""]


class Help(Order, frozen=True, kw_only=True):
    wanted: bool = True
    text: Remark = ""


class ListenTo(Order, frozen=True, kw_only=True):
    agent: AgentNumber
    mode: Literal["listen", "whisper", "barge"] = "listen"


class OfAgent(Order, frozen=True, kw_only=True):
    agent: AgentNumber


class Elsewhere(OfCall, frozen=True, kw_only=True):
    queue: Queue


class StateOf(Order, frozen=True, kw_only=True):
    """``reason`` goes with ``paused``, ``queues`` with the signing in and out."""

    agent: AgentNumber
    state: Literal["ready", "paused", "signed-in", "signed-out"]
    reason: WordOrNone = ""
    queues: Queues = ()


class LimitTo(Order, frozen=True, kw_only=True):
    """One of ``call`` and ``number``: whose number. ``until``: microseconds since 1970, UTC."""

    how: Literal["low-priority", "one-call", "refuse"]
    until: Natural
    reason: Sentence
    call: CallName | None = None
    number: Number | None = None


class Lift(Order, frozen=True, kw_only=True):
    reason: Sentence
    call: CallName | None = None
    number: Number | None = None


class Reveal(Order, frozen=True, kw_only=True):
    call: CallName
