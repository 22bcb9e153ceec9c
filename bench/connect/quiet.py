"""A quiet line, milliseconds alone: phones that hear, an agent who is free and picks up at once, one call at a time."""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import msgspec

from bench.connect import trace, ways
from bench.connect.trace import Marks
from bench.connect.ways import WAYS, Way
from bench.dispatch.listening import read, user
from telephony.places import secrets_of
from telephony.secrets import read_secrets
from tools.capture_ami import Tap
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer, Ring
from zhitong.lab.phones.tones import Tone
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene

PAIR = tuple(way for way in WAYS if way.name in ("zhitong", "auto"))
"""By hand, and by itself. Nobody waits, so waking has no part in it."""
STEPS = ("pbx", "dialplan", "offer", "phone", "answer", "voice")
"""INVITE → the PBX's channel → in the queue → the agent's phone has the INVITE → its 200 OK → both in one bridge → the
first packet of the agent's voice at the citizen's phone."""
_HOST = "127.0.0.2"
_BETWEEN_S = 0.25
_PATIENCE_S = 20.0


class Spoken(msgspec.Struct, frozen=True):
    """One call that was heard both ways."""

    way: str
    number: str
    citizen: Call
    agent: Call


async def play(calls: int, tools: Tools) -> dict[str, list[dict[str, float]]]:
    """So many calls of each of ``PAIR``: milliseconds of each of ``STEPS``. Raises LabError."""
    with tempfile.TemporaryDirectory(prefix="zt-bench-") as name:
        text = partial(_site, [])
        scenes = Scene.open(Path(name) / "run", tools, text, ways.persons(1), contacts=False)
        async with scenes as scene, AsyncExitStack() as stack, Tap.open(await user(scene, trace.EVENTS)) as tap:
            spoken = await _calls(calls, scene, stack)
            stream = await tap.quiet(0.5)
    at = trace.marks(read(stream, trace.EVENTS))
    return {way.name: [dict(_steps(one, at)) for one in spoken if one.way == way.name] for way in PAIR}


def _site(taken: list[int], ports: Ports) -> str:
    taken.append(ports.take())
    return ways.site_text(ports, trunk=f'port = {taken[0]}\nanswer = "at-entry"', host=_HOST)


async def _calls(calls: int, scene: Scene, stack: AsyncExitStack) -> list[Spoken]:
    phones = {way.name: await _phone(way, scene, stack) for way in PAIR}
    server, made = ("127.0.0.1", scene.site.sip.port), []
    citizens = {
        number: await Phone.start(number, "", server, Tone.CALLER, register=False, setup=Setup(host=_HOST))
        for way in PAIR
        for number in ways.numbers_of(way, calls)
    }
    for citizen in citizens.values():
        await stack.enter_async_context(citizen)
    for at in range(calls):
        for way in PAIR:
            number = ways.numbers_of(way, calls)[at]
            made.append(await _call(way, citizens[number], phones[way.name]))
            await asyncio.sleep(_BETWEEN_S)
    return made


async def _phone(way: Way, scene: Scene, stack: AsyncExitStack) -> Phone:
    """By itself it would ring for ever: it is the INVITE that has it pick up."""
    passwords = read_secrets(secrets_of(scene.site_file, scene.site)).phones
    number = str(way.first)
    phone = await Phone.start(number, passwords[number], ("127.0.0.1", scene.site.sip.port), Tone.AGENT)
    phone.on_invite = Answer() if way.auto_answer == "nobody" else Ring()
    await _known(number, scene)
    return await stack.enter_async_context(phone)


async def _known(number: str, scene: Scene) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            lines = (await scene.lab.pbx.cli("queue show")).splitlines()
            if any(f"PJSIP/{number}" in line and "Not in use" in line for line in lines):
                return
            await asyncio.sleep(0.05)


async def _call(way: Way, citizen: Phone, agent: Phone) -> Spoken:
    call = await citizen.call(way.number)
    taken = await agent.next_call(_PATIENCE_S)
    up = await taken.answered(_PATIENCE_S)
    await call.hears(Tone.AGENT, up.mono - 1.0)
    await taken.hears(Tone.CALLER, up.mono - 1.0)
    await call.hangup()
    await taken.ended(_PATIENCE_S)
    return Spoken(way.name, citizen.account.number, call, taken)


def _steps(one: Spoken, at: Mapping[str, Marks]) -> Iterator[tuple[str, float]]:
    mark = at[one.number]
    assert mark.created is not None and mark.joined is not None and mark.bridged is not None
    wall = one.citizen.began.wall_us - one.citizen.began.mono * 1e6
    heard = one.citizen.heard.first(Tone.AGENT)
    assert heard is not None
    moments = (
        _said(one.citizen, "INVITE", sent=True),
        mark.created,
        mark.joined,
        _said(one.agent, "INVITE", sent=False),
        _said(one.agent, "200", sent=True),
        mark.bridged,
        heard * 1e6 + wall,
    )
    for step, before, after in zip(STEPS, moments, moments[1:], strict=False):
        yield step, (after - before) / 1000


def _said(call: Call, what: str, *, sent: bool) -> int:
    """When this was first sent or received, epoch µs by the wall clock."""
    return next(each.at.wall_us for each in call.events if each.what == what and each.sent is sent)
