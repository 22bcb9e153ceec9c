"""The bridge looks at itself: measures its parts each second, has the right alarms stand, and tells its status."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from telephony.ami.connection import Connection
from telephony.ami.link import LinkState
from telephony.database.database import Database
from telephony.database.probe import Probe
from telephony.ingest import Ingest
from telephony.journal.gaps import clock_of
from telephony.journal.journal import Journal
from telephony.journal.messages import Messages
from telephony.ledger.keeper import Keeper
from telephony.live import status, symptoms
from telephony.live.alarms import Alarm, Severity
from telephony.live.board import Live, wall_clock
from telephony.live.symptoms import Readings, Symptoms
from telephony.model.changes import NoticeCut
from telephony.model.ids import MICROS_PER_SECOND
from telephony.records.outbox import Outbox
from telephony.records.writer import RecordWriter

EVERY_S = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What is looked at."""

    connection: Connection
    ingest: Ingest
    live: Live
    database: Database
    probe: Probe
    writer: RecordWriter
    outbox: Outbox
    keeper: Keeper
    journal: Journal | None
    messages: Messages | None = None
    waking: Callable[[], tuple[status.Waking, ...]] = tuple


class Watch:
    """``run`` until cancelled. The alarms are ``Live``'s; each is logged as it is raised and cleared."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._symptoms = Symptoms()
        self._event_age_s = 0.0
        self.failed_parts = 0
        """How often a part of the bridge failed and began anew."""
        parts.live.alarms.tell = _log

    async def run(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(EVERY_S)

    def look(self) -> None:
        """Once, now."""
        self._parts.live.alarms.settle(self._symptoms.judge(self._readings()))

    def _readings(self) -> Readings:
        parts, link, counters = self._parts, self._parts.connection.status, self._parts.ingest.counters
        self._event_age_s = parts.ingest.take_age() / MICROS_PER_SECOND
        faults = self._faults()
        store_error = self._store_error()
        return Readings(
            now=time.monotonic(),
            link_live=link.state is LinkState.LIVE,
            link_why=link.why,
            event_age_s=self._event_age_s,
            inbox=parts.ingest.waiting,
            dropped=counters.dropped,
            anomalies=counters.anomalies + parts.connection.undecoded,
            refused_out=parts.live.refused_out,
            bypassed=parts.live.bypassed,
            faults=sum(faults.values()),
            fault=", ".join(f"{what} {count}" for what, count in faults.items() if count),
            clock_steps=parts.ingest.clock.steps,
            store_error=store_error,
            store_stuck_s=max(parts.writer.stuck_s, parts.probe.stuck_s),
            outbox_fill=parts.outbox.fill,
            outbox_trouble=parts.outbox.trouble,
            outbox_stuck_s=parts.outbox.stuck_s,
            waiting=parts.writer.waiting,
            refused=parts.writer.refused,
            set_aside=parts.outbox.set_aside_count + parts.outbox.unreadable,
            ledger_error=None if store_error else parts.keeper.last_error,
            journal=_journal(parts.journal),
            complaints=_complaints(parts.messages),
            closed=self._closed(),
            trunks_down=[f"{name} since {clock_of(at)}" for name, at in parts.live.trunks.down],
            unregistered=[
                f"{account} ({status}) since {clock_of(at)}" for account, status, at in parts.live.trunks.unregistered
            ],
        )

    def _closed(self) -> str | None:
        standing = self._parts.live.closure.standing(wall_clock())
        return None if standing is None else f"by agent {standing[0]} until {clock_of(standing[1])}"

    def _store_error(self) -> str | None:
        parts = self._parts
        error = parts.writer.last_error or parts.probe.error
        return error or (None if parts.database.is_open else f"The database {parts.database.place} is not ready yet.")

    def _faults(self) -> dict[str, int]:
        parts = self._parts
        journal = parts.journal.status.counts.get("failures", 0) if parts.journal else 0
        return {
            "events or their receivers": parts.ingest.counters.failures + parts.connection.receiver_errors,
            "calls out of the logs": journal,
            "parts begun anew": self.failed_parts,
        }

    def status(self) -> status.Status:
        """At a glance."""
        parts, link, counters = self._parts, self._parts.connection.status, self._parts.ingest.counters
        board = parts.live.board()
        age_ms = round(self._event_age_s * 1_000)
        return status.Status(
            at=wall_clock(),
            alarms=parts.live.alarms.standing,
            link=status.Link(link.state.value, link.epoch, link.why, age_ms, tuple(parts.ingest.ages.counts)),
            calls=sum(board.calls.values()),
            waiting=sum(board.waiting.values()),
            records=status.Records(
                store=parts.database.place,
                written=parts.writer.written,
                rebuilt=counters.rebuilt,
                waiting=parts.writer.waiting,
                refused=parts.writer.refused,
                set_aside=parts.outbox.set_aside_count,
                fill=round(parts.outbox.fill, 4),
            ),
            journal=_journal_status(parts.journal),
            refused_out=dict(parts.live.refused_out),
            to_say=tuple(_to_say(cut) for cut in parts.live.to_say),
            waking=parts.waking(),
        )


def _complaints(messages: Messages | None) -> symptoms.Complaints:
    told = messages and messages.complaints
    return symptoms.Complaints(told.counts, told.last) if told else symptoms.Complaints()


def _journal(journal: Journal | None) -> symptoms.Journal | None:
    if journal is None:
        return None
    told = journal.status
    return symptoms.Journal(
        unreadable=told.unreadable,
        behind_s=told.behind_s,
        due=told.due,
        gaps=told.counts["gaps"] + sum(gap.until is None for gap in told.gaps),
        last_gap=str(told.gaps[-1]) if told.gaps else "",
        silent=None if told.silent_since is None else f"calls leave nothing in CEL since {clock_of(told.silent_since)}",
        given_up=told.counts.get("given up", 0),
    )


def _journal_status(journal: Journal | None) -> status.Journal | None:
    if journal is None:
        return None
    told = journal.status
    return status.Journal(told.due, round(told.behind_s, 1), told.problem)


def _to_say(cut: NoticeCut) -> status.ToSay:
    return status.ToSay(cut.call_id, cut.member or "", cut.language, cut.heard // 1_000, cut.length // 1_000)


def _log(alarm: Alarm, raised: bool) -> None:
    if not raised:
        log.warning("alarm cleared", alarm=alarm.name.value)
    elif alarm.severity is Severity.CRITICAL:
        log.error("alarm raised", alarm=alarm.name.value, meaning=alarm.en, detail=alarm.detail)
    else:
        log.warning("alarm raised", alarm=alarm.name.value, meaning=alarm.en, detail=alarm.detail)
