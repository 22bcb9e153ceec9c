"""What the recording tool lets people do, before any PBX is started."""

from collections import Counter

from msgspec.structs import replace

from bench import record
from telephony.config import parse_site
from zhitong.lab.ports import reserve


def test_the_site_is_one_of_ours() -> None:
    with reserve(500) as ports:
        site = parse_site(record.site_text(ports))
    assert [queue.name for queue in site.queues] == ["service", "enterprise"]
    assert site.recording.on
    assert site.agents.sign_in == "always"


def test_agents_are_in_one_or_two_queues() -> None:
    persons = record.persons(record.PLAN)
    assert len(persons) == record.PLAN.agents
    sizes = Counter(len(person.queues) for person in persons)
    assert sizes[1] > sizes[2] > 0


def test_most_offers_are_answered_some_refused_some_ring_out() -> None:
    offers = [offer for agent in record.phones(record.PLAN) for offer in agent.offers]
    refused = sum(offer.refuse is not None for offer in offers)
    missed = sum(offer.ring_s is None for offer in offers)
    assert 0 < missed < refused < len(offers) / 5
    answered = sorted(offer.ring_s for offer in offers if offer.ring_s is not None and offer.refuse is None)
    assert answered[len(answered) // 2] >= 2


def test_callers_hang_up_and_give_up_too() -> None:
    callers = record.callers(record.PLAN)
    assert len({caller.number for caller in callers}) == len(callers) == record.PLAN.calls
    assert sum(caller.talk_s is not None for caller in callers) == len(callers) / 3
    assert all(caller.give_up_after_s for caller in callers)


def test_the_same_seed_makes_the_same_calls() -> None:
    assert record.callers(record.PLAN) == record.callers(record.PLAN)
    assert record.callers(replace(record.PLAN, seed=2)) != record.callers(record.PLAN)
