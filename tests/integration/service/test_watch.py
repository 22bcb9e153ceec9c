"""What befalls a part of the bridge reaches its alarm: each reading is taken from the right place."""

from collections.abc import Callable

from telephony.live.alarms import AlarmName
from telephony.service import Service
from tests.integration.ami.fake_pbx import FakePbx
from tests.integration.service.post import Post
from tests.integration.service.test_service import serving

A = AlarmName
BEFALLS: list[tuple[AlarmName, str, Callable[[Service], object]]] = [
    (A.INBOX_OVERFLOW, "5 events dropped", lambda s: setattr(s.ingest.counters, "dropped", 5)),
    (A.OUTBOX_FULL, "3 records refused", lambda s: setattr(s.writer, "refused", 3)),
    (A.RECORDS_SET_ASIDE, "2 records", lambda s: setattr(s.outbox, "set_aside_count", 2)),
    (A.OUTBOX_UNWRITABLE, "no space", lambda s: setattr(s.outbox, "trouble", "no space")),
    (A.STORE_UNAVAILABLE, "locked", lambda s: setattr(s.writer, "last_error", "locked")),
    (A.CLOCK_STEPPED, "1 times", lambda s: setattr(s.ingest.clock, "steps", 1)),
    (A.ANOMALIES, "odd 12", lambda s: s.ingest.counters.anomalies.update({"odd": 12})),
    (A.EVENTS_LATE, "2.5 s old", lambda s: setattr(s.ingest.counters, "max_age", 2_500_000)),
    (A.FAULT, "parts begun anew 1", lambda s: setattr(s.watch, "failed_parts", 1)),
]


def standing(service: Service) -> dict[AlarmName, str]:
    return {alarm.name: alarm.detail for alarm in service.live.alarms.standing}


async def test_each_reading_has_its_alarm(post: Post, pbx: FakePbx) -> None:
    async with serving(post) as service:
        await service.probe.ask()
        service.watch.look()
        assert standing(service) == {}
        for number, (name, detail, befall) in enumerate(BEFALLS, 1):
            befall(service)
            service.watch.look()  # at once: nothing else has had its turn
            assert detail in standing(service)[name]
            assert len(standing(service)) == number
        status = service.watch.status()
        assert {alarm.name for alarm in status.alarms} == {name for name, _, _ in BEFALLS}
        assert (status.records.refused, status.records.set_aside, status.link.event_age_ms) == (3, 2, 0)
        service.writer.last_error = None
        service.outbox.trouble = None
        service.outbox.set_aside_count = 0
        service.watch.look()
        assert len(standing(service)) == len(BEFALLS) - 3
