"""Holds what gateways and desktops say to each other to docs/asyncapi.yaml, whatever the test is about.

``from tests.protocol import held_to_the_document  # noqa: F401`` in a conftest.py has it for all tests beside it.
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema.protocols import Validator
from websockets.asyncio.server import broadcast

from agent_bridge.session import Session

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "asyncapi.yaml"
NO_REQUEST = (-32700, -32600, -32601, -32602, -32005)
"""Errors to what need not be as the document says."""


@cache
def described() -> dict[str, Any]:
    """docs/asyncapi.yaml."""
    found: dict[str, Any] = yaml.load(DOCUMENT.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return found


@cache
def validator(name: str) -> Validator:
    """Of the payload of this message."""
    document = described()
    schema = {**document["components"]["messages"][name]["payload"], "components": document["components"]}
    return jsonschema.Draft202012Validator(schema)


class Held:
    """Takes both directions in, and complains of the first message that is not as described."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}
        self._asked: dict[tuple[int, Any], dict[str, Any]] = {}
        self._fine: set[str] = set()

    def came(self, desktop: object, message: str | bytes) -> None:
        try:
            request = json.loads(message)
        except (ValueError, RecursionError):
            return
        if isinstance(request, dict) and isinstance(request.get("id"), str | int):
            self._asked[id(desktop), request["id"]] = request

    def went(self, desktop: object, text: str) -> None:
        message = json.loads(text)
        if "method" in message:
            self._hold(message["method"], message, text)
            return
        request = self._asked.pop((id(desktop), message["id"]), None)
        if "result" in message:
            assert request is not None, f"an answer to nothing: {text[:200]}"
            self._hold(f"{request['method']}.result", message, text)
            self._hold(f"{request['method']}.request", request)
            return
        self._hold("error", message)
        if request is not None and message["error"]["code"] not in NO_REQUEST:
            self._hold(f"{request['method']}.request", request)

    def _hold(self, name: str, message: dict[str, Any], text: str = "") -> None:
        self.seen[name] = self.seen.get(name, 0) + 1
        if text and text in self._fine:  # the same text went to another desktop
            return
        error = jsonschema.exceptions.best_match(validator(name).iter_errors(message))
        assert error is None, f"{name} is not as docs/asyncapi.yaml says: {error.json_path}: {error.message[:500]}"
        self._fine.add(text)


@pytest.fixture(autouse=True)
def held_to_the_document(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Every message of every gateway of the test. What is wrong fails the test at its end."""
    held, wrong = Held(), list[str]()
    receive = Session.receive

    def noted(step: Any, *told: Any) -> None:
        try:
            step(*told)
        except AssertionError as error:
            wrong.append(str(error))

    async def heard(session: Session, message: str | bytes) -> None:
        noted(held.came, session._desktop.line.connection, message)
        await receive(session, message)

    def said(connections: Iterable[Any], text: str) -> None:
        connections = list(connections)
        for connection in connections:
            noted(held.went, connection, text)
        broadcast(connections, text)

    monkeypatch.setattr(Session, "receive", heard)
    monkeypatch.setattr("agent_bridge.gateway.broadcast", said)
    monkeypatch.setattr("agent_bridge.line.broadcast", said)
    yield held
    assert not wrong, wrong[0]
