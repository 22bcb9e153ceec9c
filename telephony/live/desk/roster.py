"""What documents show beside the model: people and queues as the directory and site.toml have them. Pure."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from telephony.model.calls import Leg
from telephony.model.ids import MemberName, QueueName
from telephony.model.names import party_of
from telephony.model.terms import Role

_NO_CODES: Mapping[str, str] = MappingProxyType({})


class Person(msgspec.Struct, frozen=True):
    """An agent of the directory. ``phone`` is the endpoint that rings; ``queues`` with the agent's penalty in each."""

    number: MemberName
    name: str
    phone: str
    queues: Mapping[QueueName, int] = {}
    auto_answer: bool = False


class Roster(msgspec.Struct, frozen=True):
    """``phones``: whose each endpoint is; ``titles``: the queues'; ``codes``: names of departments and specialists."""

    people: Mapping[MemberName, Person] = {}
    phones: Mapping[str, MemberName] = {}
    titles: Mapping[QueueName, str] = {}
    codes: Mapping[str, str] = {}

    def member(self, leg: Leg) -> MemberName | None:
        """The agent whose phone this leg is. By its endpoint alone: a caller's number is what anybody may send."""
        return self.phones.get(party_of(leg.name)) if leg.role is not Role.SERVICE else None

    def name_of(self, code: str, member: MemberName | None) -> str:
        """Of the directory's entry of this code, else of the agent; empty: neither is known."""
        person = self.people.get(member) if member is not None else None
        return self.codes.get(code) or (person.name if person is not None else "")


def roster_of(
    people: Iterable[Person], titles: Mapping[QueueName, str], codes: Mapping[str, str] = _NO_CODES
) -> Roster:
    """The roster of these people."""
    known = {person.number: person for person in people}
    return Roster(known, {person.phone: person.number for person in known.values()}, titles, codes)
