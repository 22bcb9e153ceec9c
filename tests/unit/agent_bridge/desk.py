"""A conversation without a network: what a session answers, and what reaches the door."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

from agent_bridge.commands import Commands
from agent_bridge.desktop import Desktop
from agent_bridge.hub import Hub
from agent_bridge.limits import Bucket
from agent_bridge.session import Session
from agent_bridge.settings import Settings
from telephony.live.documents import Snapshot
from tests.integration.agent_bridge.world import Accounts, Audit, Door, Feed, call_of, furnish, of, people, talking

CALL = call_of(1)
GOOD: dict[str, dict[str, Any]] = {
    "agent.sign_in": {"queues": ["general"]},
    "agent.sign_out": {"queues": ["general"]},
    "agent.ready": {},
    "agent.pause": {"reason": "小休"},
    "agent.extend_wrap_up": {"seconds": 30},
    **{
        f"call.{name}": {"call": CALL}
        for name in ("answer", "decline", "hang_up", "hold", "resume", "cancel_consult", "complete", "swap", "merge")
    },
    "call.invite": {"call": CALL, "to": "8001"},
    "call.cancel_invite": {"call": CALL, "invite": "k3"},
    **{f"call.{name}": {"call": CALL, "leg": "zt-1.7"} for name in ("drop", "mute", "unmute")},
    "call.rejoin": {"call": CALL},
    "call.hand_over": {"call": CALL, "to": "8001"},
    "call.emergency": {"call": CALL, "number": "120"},
    "call.call_together": {"number": "13800000001", "to": "8001"},
    "call.transfer": {"call": CALL, "to": "1002"},
    "call.consult": {"call": CALL, "to": "13800000001"},
    "call.requeue": {"call": CALL, "queue": "general"},
    "call.dial": {"number": "13800000001"},
    "missed.call_back": {"entry": 7},
    "recording.pause": {"call": CALL},
    "recording.resume": {"call": CALL},
    "call.note": {"call": CALL, "text": "要求回电"},
    "call.dispose": {"call": CALL, "topics": ["住房"], "answered": True},
    "call.resolve": {"call": CALL, "resolved": True},
    "call.mark": {"call": CALL, "mark": "silent"},
    "help.ask": {"wanted": True, "text": "请帮忙"},
    "supervisor.listen": {"agent": "1001", "mode": "whisper"},
    "supervisor.stop": {"agent": "1001"},
    "supervisor.take_over": {"call": CALL},
    "supervisor.move_first": {"call": CALL},
    "supervisor.withdraw": {"call": CALL, "queue": "tax"},
    "supervisor.set_state": {"agent": "1001", "state": "paused", "reason": "小休", "queues": []},
    "number.limit": {"number": "13800000001", "how": "refuse", "until": 1, "reason": "骚扰"},
    "number.lift": {"number": "13800000001", "reason": "误判"},
}
"""Of each order, parameters that are as they should be, beside ``key`` and ``deadline_s``."""


class Desk:
    """One supervisor who is an agent too, in the call ``CALL``; ``said`` is what the gateway answered."""

    def __init__(self) -> None:
        self.feed, self.door, self.audit = Feed(), Door(), Audit()
        self.said: list[dict[str, Any]] = []
        furnish(self.feed)
        self.feed.put(f"call/{CALL}", talking(1, "1010"), of("1010"))
        hub = Hub(self.feed, lambda _desktops, _text: None, 100)
        hub.shelf.fill(Snapshot(self.feed.epoch, self.feed.sequence, dict(self.feed.documents)))
        hub.known.set()
        accounts = Accounts()
        people(accounts)
        around = SimpleNamespace(
            settings=Settings(),
            hub=hub,
            commands=Commands(self.door, self.audit, hub.shelf),
            authenticator=accounts,
            finder=None,
            admitted=hub.join,
            distrusts=lambda _address: False,
            wrong_token=lambda _address: None,
        )
        line = SimpleNamespace(address="127.0.0.1", waiting=0, send=self._hear, close=lambda _code, _why: None)
        self.desktop = Desktop(cast(Any, line), "s1", Bucket(1e9, 1e9, 0.0), 0.0)
        self.session = Session(cast(Any, around), self.desktop, lambda _desktop, text: self._hear(text))

    def _hear(self, text: str) -> None:
        self.said.append(json.loads(text))

    async def hello(self, account: str = "boss") -> None:
        message = {"jsonrpc": "2.0", "id": 0, "method": "hello", "params": {"token": account, "client_id": "c"}}
        await self.session.receive(json.dumps(message))
        assert "result" in self.said.pop()

    async def take(self, message: str | bytes) -> list[dict[str, Any]]:
        """What is answered, orders and all."""
        self.said.clear()
        self.desktop.bad = 0
        await self.session.receive(message)
        while self.desktop.orders:
            await asyncio.wait(self.desktop.orders)
            await asyncio.sleep(0)
        return list(self.said)

    async def ask(self, method: str, params: Any) -> dict[str, Any]:
        (answer,) = await self.take(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
        return answer
