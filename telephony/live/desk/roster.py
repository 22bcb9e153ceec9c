"""What documents show beside the model: people and queues as the directory and site.toml have them. Pure."""

from collections.abc import Iterable, Mapping

import msgspec

from telephony.model.calls import Leg
from telephony.model.ids import MemberName, QueueName
from telephony.model.names import party_of
from telephony.model.terms import Role


class Person(msgspec.Struct, frozen=True):
    """An agent of the directory. ``phone`` is the endpoint that rings; ``queues`` with the agent's penalty in each."""

    number: MemberName
    name: str
    phone: str
    queues: Mapping[QueueName, int] = {}


class Roster(msgspec.Struct, frozen=True):
    """``phones``: whose each endpoint is; ``titles``: the queues'."""

    people: Mapping[MemberName, Person] = {}
    phones: Mapping[str, MemberName] = {}
    titles: Mapping[QueueName, str] = {}

    def member(self, leg: Leg) -> MemberName | None:
        """The agent whose phone this leg is. By its endpoint alone: a caller's number is what anybody may send."""
        return self.phones.get(party_of(leg.name)) if leg.role is not Role.SERVICE else None


def roster_of(people: Iterable[Person], titles: Mapping[QueueName, str]) -> Roster:
    """The roster of these people."""
    known = {person.number: person for person in people}
    return Roster(known, {person.phone: person.number for person in known.values()}, titles)
