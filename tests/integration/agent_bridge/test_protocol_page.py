"""docs/agent-protocol.md is played, line by line, against a real gateway, a real PBX and real phones."""

import json
import re
import textwrap
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect

from tests.integration.agent_bridge.hall import Hall, hall
from tests.integration.agent_bridge.rig import Plain
from tests.integration.agent_bridge.test_finder import HUMAN, ONE
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.policy import Answer
from zhitong.lab.programs import Tools, find_tools

pytestmark = pytest.mark.acceptance

PAGE = Path(__file__).resolve().parents[3] / "docs" / "agent-protocol.md"
BLOCK = re.compile(r"^```(jsonl|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def tools() -> Tools:
    return find_tools()


class Player:
    """``known``: what ``$name`` stands for."""

    def __init__(self, room: Hall, token: str, stack: AsyncExitStack) -> None:
        self.room, self.stack = room, stack
        self.known: dict[str, Any] = {"$token": token}
        self.desktop: Plain | None = None
        self.call: Call | None = None
        self.lines = 0

    async def connect(self) -> None:
        self.desktop = Plain(await self.stack.enter_async_context(connect(self.room.url, compression=None)))

    async def play(self, line: str) -> None:
        assert self.desktop is not None
        self.lines += 1
        what, _, text = line.partition(" ")
        if what == "#":
            await self.act(text)
        elif what == ">":
            await self.desktop.send(self.filled(json.loads(text)))
        else:
            assert what == "<", line
            await self.hear(json.loads(text))

    async def act(self, what: str) -> None:
        if what == "a citizen calls":
            self.call = await self.room.citizen.call("12345")
        elif what == "the connection is cut, and there is a new one":
            assert self.desktop is not None
            self.desktop.connection.transport.abort()
            await self.connect()
        else:
            assert what == "the citizen hears 1002, and hangs up"
            assert self.call is not None
            await self.call.hears(1000)
            await self.call.hangup()

    async def hear(self, wanted: dict[str, Any]) -> None:
        """Messages come until one is as the page says; an answer to the request must be it."""
        assert self.desktop is not None
        while True:
            if "id" in wanted:
                message = await self.desktop.answer_to(wanted["id"])
                assert self.fits(wanted, message), (wanted, message)
                return
            params = await self.desktop.next(wanted["method"])
            if self.fits(wanted["params"], params):
                return

    def fits(self, wanted: Any, found: Any) -> bool:
        """Whether all that is wanted is there; a name that stands for nothing yet takes what it finds."""
        if isinstance(wanted, str) and wanted.startswith("$"):
            return bool(self.known.setdefault(wanted, found) == found)
        if isinstance(wanted, dict) and isinstance(found, dict):
            before = dict(self.known)
            good = all(name in found and self.fits(value, found[name]) for name, value in wanted.items())
            self.known = self.known if good else before
            return good
        if isinstance(wanted, list) and isinstance(found, list):
            return len(wanted) == len(found) and all(map(self.fits, wanted, found))
        return bool(wanted == found)

    def filled(self, said: Any) -> Any:
        if isinstance(said, dict):
            return {name: self.filled(value) for name, value in said.items()}
        return self.known.get(said, said) if isinstance(said, str) else said


async def run(code: str, names: dict[str, Any]) -> None:
    """Python of the page, which may await."""
    lines = textwrap.indent(code, "    ")
    space = dict(names)
    exec(f"async def example():\n{lines}", space)
    await space["example"]()


async def test_the_page_is_true(tmp_path: Path, tools: Tools) -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert [kind for kind, _ in blocks].count("jsonl") >= 7
    async with hall(tmp_path, tools, "1001", "1002") as room, AsyncExitStack() as stack:
        reached = msgspec.structs.replace(ONE, numbers=("1002",))
        await room.directory("1002", msgspec.structs.replace(HUMAN, roster=None), reached)  # on duty at any hour
        room.phones["1002"].on_invite = Answer()
        token = await room.token("1001")
        player = Player(room, token, stack)
        await player.connect()
        for kind, text in blocks:
            if kind == "python":
                await run(text, {"url": room.url, "token": token})
                continue
            for line in text.splitlines():
                await player.play(line)
        assert player.lines > 25
