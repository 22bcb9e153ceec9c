"""Remarks on a real Asterisk: by order, during the call and after it; and what is known when the caller calls again."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from telephony.control.commands import Answer, AnyOrder, Request, Taken
from telephony.control.orders.remarks import AskHelp, Dispose, Mark, Note
from telephony.live.documents import AgentDocument, CallDocument
from telephony.model.ids import CallId, MemberName
from telephony.model.machines import AgentState, CallState
from telephony.places import home_of, secrets_of
from telephony.remarks.store import Remarks
from telephony.secrets import read_secrets
from telephony.service import Service
from tests.acceptance.stage import ALWAYS, Stage, people, stage
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

ONE = MemberName("1001")
CITIZEN = "13800000001"
REST = ALWAYS + '[[topic]]\ncode = "water"\ntitle = "供水"\n'


@contextlib.asynccontextmanager
async def serving(play: Stage) -> AsyncIterator[Service]:
    """The bridge, in this process, so that its state of now can be looked at."""
    site_file, site = play.scene.site_file, play.scene.site
    secrets = read_secrets(secrets_of(site_file, site))
    async with Service.open(site, secrets, home_of(site_file, site)) as service:
        work = asyncio.create_task(service.run())
        await asyncio.wait_for(service.ready.wait(), 60)
        yield service
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def seen(service: Service, test: Callable[[], object]) -> None:
    assert await service.outcomes.until(lambda: bool(test()), 60)


async def call_document(service: Service, call_id: CallId) -> CallDocument:
    document, _ = (await service.feed.snapshot()).documents[f"call/{call_id}"]
    assert isinstance(document, CallDocument)
    return document


async def agent_document(service: Service) -> AgentDocument:
    document, _ = (await service.feed.snapshot()).documents[f"agent/{ONE}"]
    assert isinstance(document, AgentDocument)
    return document


async def ask(service: Service, order: AnyOrder) -> Answer:
    answer = await service.door.handle(Request(uuid.uuid4().hex, order, 30.0))
    assert (answer.taken, answer.seen) == (Taken.ACCEPTED, True), answer.why
    return answer


async def test_remarks_by_order_and_what_is_known_when_the_caller_calls_again(tmp_path: Path, tools: Tools) -> None:
    async with stage(tmp_path, tools, people(["1001"]), rest=REST, bridge=False) as play, serving(play) as service:
        calls = service.ingest.world.calls
        await play.lab.agents([Agent("1001", (Offer(ring_s=1.0),))])
        first = await play.lab.callers([Caller(number=CITIZEN, dialled="12345", talk_s=60.0)])
        await seen(service, lambda: any(call.state is CallState.TALKING for call in calls.values()))
        (call_id,) = calls
        await ask(service, Note(call_id, ONE, "停水三天\n请回电 13900000009", "1001"))
        await ask(service, Dispose(call_id, ONE, ("water",), "1001", answered=True))
        await ask(service, AskHelp(ONE, True, "1001", "水务"))
        document = await call_document(service, call_id)
        assert (document.note, document.topics) == ("停水三天\n请回电 13900000009", ("water",))
        assert (await agent_document(service)).help == "水务"
        await play.lab.pbx.hang_up_all()
        await first.finished(60)
        await seen(service, lambda: not calls)
        await seen(service, lambda: service.ingest.world.agents[ONE].state is AgentState.READY)
        assert (await agent_document(service)).help is None
        await ask(service, Mark(call_id, ONE, "nuisance", "1001"))  # the call is over, its record just being written
        await play.scene.records_of(1)

        second = await play.lab.callers([Caller(number=CITIZEN, dialled="12345", talk_s=0.3)])
        await seen(service, lambda: any(call.state is CallState.OFFERED for call in calls.values()))
        (again,) = calls.values()
        await seen(service, lambda: again.known)
        assert again.answered_at is None, "it is there while the phone still rings"
        known = (await call_document(service, again.call_id)).known
        await second.finished(60)
        await play.scene.records_of(2)
        said = (await Remarks(play.scene._database).of([call_id]))[call_id]
    assert known is not None
    assert (known.calls_7d, known.last_agent, known.open_missed) == (2, "1001", ())
    assert [(each.call_id, each.outcome, each.agent, each.topics) for each in known.earlier] == [
        (call_id, "answered", "1001", ("water",))
    ]
    assert ([note.text for note in said.notes], said.topics, said.answered) == (
        ["停水三天\n请回电 13900000009"],
        ("water",),
        True,
    )
    assert said.mark is not None
    assert (said.mark.mark, said.mark.by) == ("nuisance", "1001")
