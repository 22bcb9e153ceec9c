"""A chaos run: real calls through a real PBX, faults at random moments, and at the end the judge."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from telephony.errors import LabError
from telephony.model.terms import Provenance
from telephony.places import secrets_of
from telephony.records.record import CallRecord
from telephony.secrets import read_secrets
from zhitong.lab.books import Seen, fold
from zhitong.lab.chaos import judging, people, site, store
from zhitong.lab.chaos.bridge import Bridge
from zhitong.lab.chaos.faults import Faults, Happened
from zhitong.lab.chaos.link import Link
from zhitong.lab.chaos.plan import KINDS, Fault, Plan, Track, troubles
from zhitong.lab.chaos.result import Finding, Judgement, Verdict, disturbed, provenances, verdict
from zhitong.lab.chaos.watch import LIMIT_S, Late, StateWatch, percentile
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene
from zhitong.lab.sipp import Sipp

_LOOK_S = 0.5
_READY_S = 60.0
_HURRY_S = 180.0  # after the last arrival; longer means that somebody is stuck
_SETTLE_S = 90.0
_SILENT_S = 2.0
_JUDGED_S = 6.0
"""So long nothing has to come any more: the journal asks the store again after 5 s whether it has what it handed on."""
_FINDINGS_KEPT = 200


class Progress(msgspec.Struct, frozen=True):
    """How it stands: calls begun, talking and ended, faults done by kind, and those going on."""

    begun: int
    talking: int
    ended: int
    done: dict[Fault, int]
    going_on: tuple[Fault, ...]
    phase: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """``report.json``. Times are seconds; ``started`` epoch seconds. The counts of ``Verdict`` are the judge's.

    ``late_state_s``: the longest time from the link's return to state = snapshot, or for which the state was wrong
    later on. ``disturbed``: live calls that ended without any person's doing, or the PBX's own. ``untaken``: calls of
    which the PBX never made a channel, since it was not there; they have no record.
    """

    seed: int
    tolerance_ms: int
    planned: int
    calls: int
    bridge_kills: int
    link_cuts: int
    pbx_restarts: int
    store_outages: int
    lost: int
    duplicated: int
    wrong_outcome: int
    inaccurate: int
    unclear: int
    disturbed: int
    late_state_s: float
    untaken: int
    records: int
    observed: int
    completed: int
    rebuilt: int
    unnoticed_links: int
    bridge_deaths: int
    faults: dict[Fault, int]
    planned_faults: dict[Fault, int]
    returns: int
    return_median_s: float
    looks: int
    late: tuple[Late, ...]
    findings: tuple[Finding, ...]
    disturbances: tuple[str, ...]
    started: float
    took_s: float
    settled_s: float
    asterisk: str

    @property
    def whole(self) -> bool:
        """Nothing lost, double, wrong or disturbed; every fault was caused; the state was right in time."""
        wrong = (self.lost, self.duplicated, self.wrong_outcome, self.inaccurate, self.disturbed)
        held = self.unnoticed_links == self.bridge_deaths == 0 and self.late_state_s <= LIMIT_S
        return not any(wrong) and held and self.calls == self.planned and self.faults == self.planned_faults


Watch = Callable[[Progress], None]


async def run_chaos(directory: Path, tools: Tools, plan: Plan, watch: Watch, *, own_mounts: bool) -> Report:
    """Do it all in ``directory``/run. Raises LabError when the PBX, the phones or the judge fail by themselves.

    ``own_mounts``: this process has a mount namespace of its own (unshare(1)), so that the store may get a volume of
    its own, which goes with the process.
    """
    judging.require()
    run = (directory / "run").resolve()
    volume = run / "store"
    await asyncio.to_thread(volume.mkdir, parents=True, exist_ok=True)
    plan = msgspec.structs.replace(plan, can_fill=own_mounts and await asyncio.to_thread(store.mount, volume))
    text = partial(site.site_text, volume=volume)
    try:
        async with Scene.open(run, tools, text, site.directory(plan), bridge=False) as scene:
            return await _Chaos(scene, plan, await _parts(scene, volume), watch).play()
    finally:
        if plan.can_fill:
            await asyncio.to_thread(store.unmount, volume)


class _Parts(msgspec.Struct, frozen=True):
    bridge: Bridge
    link: Link
    faults: Faults
    state: StateWatch


async def _parts(scene: Scene, volume: Path) -> _Parts:
    lab, ami = scene.lab, scene.site.pbx.ami
    port = lab.ports.take()
    link = Link(port, ami.port)
    bridge = Bridge(await site.beside(scene, port), lab.run)
    faults = Faults(lab.pbx, bridge, link, volume / site.DATABASE)
    secrets = await asyncio.to_thread(read_secrets, secrets_of(scene.site_file, scene.site))
    return _Parts(bridge, link, faults, StateWatch(ami.port, ami.user, secrets.ami, bridge, link))


class _Chaos:
    """One run on a scene."""

    def __init__(self, scene: Scene, plan: Plan, parts: _Parts, watch: Watch) -> None:
        self._scene, self._lab, self._plan, self._parts, self._tell = scene, scene.lab, plan, parts, watch
        self._started = time.time()

    async def play(self) -> Report:
        parts = self._parts
        await parts.link.open()
        helpers = [asyncio.create_task(each) for each in (parts.state.run(), parts.bridge.keep_running())]
        try:
            await parts.bridge.start()
            if not await parts.state.right(_READY_S):
                raise LabError(f"the bridge has no right state after {_READY_S:g} s: see {self._lab.run}/bridge.log")
            await self._calls_and_faults()
            settled_s = await self._settle()
        finally:
            for helper in helpers:
                helper.cancel()
            await parts.bridge.stop()
            parts.link.close()
        return await self._report(settled_s)

    async def _calls_and_faults(self) -> None:
        await self._lab.agents(people.agents(self._plan))
        callers = await self._lab.callers(people.callers(self._plan))
        start = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for track in troubles(self._plan).values():
                group.create_task(self._parts.faults.play(track, start))
            group.create_task(self._follow(callers))

    async def _follow(self, callers: Sipp) -> None:
        """Show how it stands until every caller is through."""
        done = asyncio.create_task(callers.finished(timeout_s=_HURRY_S + self._plan.span_s))
        try:
            while not done.done():
                self._show("calls")
                await asyncio.wait({done}, timeout=_LOOK_S)
            await done
        finally:
            done.cancel()

    def _show(self, phase: str) -> None:
        seen = self._seen()
        callers = [call for call in seen if call.role == "caller"]
        ended = sum(1 for call in callers if call.ended_at)
        talking = sum(1 for call in callers if call.answered_at and not call.ended_at)
        faults = self._parts.faults
        done = Counter(one.kind for one in faults.happened)
        self._tell(Progress(len(callers), talking, ended, dict(done), tuple(sorted(faults.going_on)), phase))

    def _seen(self) -> Sequence[Seen]:
        return fold(self._lab.lines())

    async def _settle(self) -> float:
        """Wait until the PBX is silent and the bridge has written what it knows. Then stop it in order and start it
        once more: as it comes up the journal judges every call again. How long all of this took."""
        begun = time.monotonic()
        await self._until(self._silent, _SILENT_S)
        await self._parts.bridge.stop()
        await self._parts.bridge.start()
        await self._parts.state.right(_READY_S)
        await self._until(self._judged, _JUDGED_S)
        return round(time.monotonic() - begun, 1)

    async def _until(self, condition: Callable[[], Awaitable[bool]], held_s: float) -> None:
        """Return when it has held for so long, or when the time is up."""
        begun = broken = time.monotonic()
        while time.monotonic() < min(begun + _SETTLE_S, broken + held_s):
            self._show("settling")
            await asyncio.sleep(_LOOK_S)
            if not await condition():
                broken = time.monotonic()

    async def _silent(self) -> bool:
        view = self._parts.state.view
        return view is not None and not view.unwritten and not await self._channels()

    async def _judged(self) -> bool:
        view = self._parts.state.view
        return view is not None and view.connected and not view.unwritten and not view.journal_due

    async def _channels(self) -> int:
        return int((await self._lab.pbx.cli("core show channels count")).split(maxsplit=1)[0])

    # --- afterwards -----------------------------------------------------------------------------------------------

    async def _report(self, settled_s: float) -> Report:
        self._show("judging")
        records = await self._scene.records()
        kept = self._lab.run / "records.jsonl"
        lines = msgspec.json.Encoder().encode_lines
        await asyncio.to_thread(kept.write_bytes, lines(records))
        await asyncio.to_thread((self._lab.run / "faults.jsonl").write_bytes, lines(self._parts.faults.happened))
        judgement = await judging.judge(
            self._lab.run, kept, _outages(self._parts.faults.happened), self._plan.tolerance_ms
        )
        version = (await self._lab.pbx.cli("core show version")).split(" built ")[0].strip()
        return self._told(judgement, records, settled_s, version)

    def _told(self, judgement: Judgement, records: Sequence[CallRecord], settled_s: float, version: str) -> Report:
        parts, plan, seen = self._parts, self._plan, self._seen()
        counts, kinds = verdict(judgement.findings), provenances(records)
        done = Counter(one.kind for one in parts.faults.happened)
        troubled = disturbed(seen, [(one.began, one.ended) for one in _outages(parts.faults.happened)])
        return Report(
            seed=plan.seed,
            tolerance_ms=plan.tolerance_ms,
            planned=plan.calls,
            calls=sum(call.role == "caller" for call in seen),
            bridge_kills=_of(done, Track.BRIDGE),
            link_cuts=_of(done, Track.LINK),
            pbx_restarts=_of(done, Track.PBX),
            store_outages=_of(done, Track.STORE),
            **{name: getattr(counts, name) for name in Verdict.__struct_fields__},
            disturbed=len(troubled),
            late_state_s=round(parts.state.late_s, 3),
            untaken=judgement.untaken,
            records=len(records),
            observed=kinds[Provenance.OBSERVED],
            completed=kinds[Provenance.COMPLETED],
            rebuilt=kinds[Provenance.REBUILT],
            unnoticed_links=sum(not one.noticed for one in parts.faults.happened),
            bridge_deaths=len(parts.bridge.deaths),
            faults=dict(done),
            planned_faults=dict(Counter(each.kind for track in troubles(plan).values() for each in track)),
            returns=len(parts.state.returns),
            return_median_s=round(percentile(parts.state.returns, 50), 3),
            looks=parts.state.looks,
            late=tuple(parts.state.late),
            findings=judgement.findings[:_FINDINGS_KEPT],
            disturbances=tuple(troubled),
            started=round(self._started, 3),
            took_s=round(time.time() - self._started, 1),
            settled_s=settled_s,
            asterisk=version,
        )


def _of(done: Counter[Fault], track: Track) -> int:
    return sum(done[kind] for kind in KINDS[track])


def _outages(happened: Sequence[Happened]) -> list[Happened]:
    return [one for one in happened if one.kind in KINDS[Track.PBX]]
