"""Malformed, oversized, of wrong types, with control characters: refused with the field's name, and nothing reaches
the door, from where it could reach the PBX."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent_bridge.wire.methods import METHODS
from tests.unit.agent_bridge.desk import GOOD, Desk

ORDERS = sorted(name for name, row in METHODS.items() if row.order is not None)
TEXTS = [
    (method, name)
    for method in ORDERS
    for name, value in {"key": "k", **GOOD[method]}.items()
    if isinstance(value, str) or (isinstance(value, list) and value)
]
CONTROL = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029]))
BAD = st.sampled_from(CONTROL) | st.characters(categories=["Cc", "Zl", "Zp"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def wrong_for(value: object) -> Any:
    """JSON of another type."""
    if isinstance(value, bool):
        return st.sampled_from(["true", 1, [], {}])
    if isinstance(value, int):
        return st.sampled_from(["1", 1.5, -1, 2**70, [], {}, True])
    if isinstance(value, list):
        return st.sampled_from(["general", 1, {"a": 1}, [1], [None], [[]]])
    return st.sampled_from([1, 1.5, True, None, [], {}, ["x"]])


def converse(talk: Callable[[Desk], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        desk = Desk()
        await desk.hello()
        await talk(desk)

    asyncio.run(run())


def is_refused_for(desk: Desk, answer: dict[str, Any], field: str) -> None:
    assert answer["error"]["code"] == -32602
    assert answer["error"]["data"]["field"].startswith(field)
    assert answer["error"]["message"].startswith(field)
    assert desk.door.asked == []
    assert desk.audit.notes == []


def test_every_order_has_an_example_here() -> None:
    assert set(GOOD) == set(ORDERS)


def test_what_is_as_it_should_be_reaches_the_door() -> None:
    async def talk(desk: Desk) -> None:
        for number, method in enumerate(ORDERS, 1):
            answer = await desk.ask(method, {"key": f"k{number}", **GOOD[method]})
            assert answer["result"]["taken"] == "accepted"
            assert len(desk.door.asked) == number

    converse(talk)


async def spoil(desk: Desk, method: str, field: str, bad: str, at: int) -> None:
    good = {"key": "k", **GOOD[method]}
    value = good[field]
    text = value[0] if isinstance(value, list) else value
    spoiled = text[:at] + bad + text[at:]
    good[field] = [spoiled] if isinstance(value, list) else spoiled
    is_refused_for(desk, await desk.ask(method, good), field)


def test_line_breaks_and_their_kind_in_every_text() -> None:
    async def talk(desk: Desk) -> None:
        for method, field in TEXTS:
            for bad in ("\r\n", "\n", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\ud800", "\udfff\ud800"):
                for at in (0, 1, 100):
                    await spoil(desk, method, field, bad, at)

    converse(talk)


@settings(max_examples=150, deadline=None)
@given(text=st.sampled_from(TEXTS), bad=BAD, at=st.integers(0, 30))
def test_control_characters_anywhere(text: tuple[str, str], bad: str, at: int) -> None:
    converse(lambda desk: spoil(desk, *text, bad, at))


def test_texts_beyond_their_bound() -> None:
    async def talk(desk: Desk) -> None:
        for method, field in TEXTS:
            good = {"key": "k", **GOOD[method]}
            long = "1" * 4097
            good[field] = [long] if isinstance(good[field], list) else long
            is_refused_for(desk, await desk.ask(method, good), field)

    converse(talk)


@settings(max_examples=150, deadline=None)
@given(method=st.sampled_from(ORDERS), data=st.data())
def test_wrong_types(method: str, data: st.DataObject) -> None:
    good = {"key": "k", "deadline_s": 5.0, **GOOD[method]}
    field = data.draw(st.sampled_from(sorted(good)))
    value = data.draw(wrong_for(good[field]) if field != "deadline_s" else st.sampled_from(["1", -1, 0, 61, None]))

    async def talk(desk: Desk) -> None:
        optional = {each.name: each.default for each in msgspec.structs.fields(METHODS[method].params)}
        if value is None and optional[field] is None:
            return
        is_refused_for(desk, await desk.ask(method, {**good, field: value}), field)

    converse(talk)


def test_fields_that_are_missing_or_unknown() -> None:
    async def talk(desk: Desk) -> None:
        for method in ORDERS:
            is_refused_for(desk, await desk.ask(method, GOOD[method]), "key")
            is_refused_for(desk, await desk.ask(method, {"key": "k", **GOOD[method], "by": "boss"}), "by")

    converse(talk)


@settings(max_examples=150, deadline=None)
@given(message=st.text() | st.binary() | ANY_JSON.map(json.dumps))
@example(message="[" * 100_000)
@example(message='{"jsonrpc":"2.0","id":1,"method":"\ud800"}'.encode("utf-8", "surrogatepass"))
@example(message='{"jsonrpc":"2.0","id":1,"method":"agent.ready","params":' + '{"a":' * 50_000)
@example(message='{"jsonrpc":"2.0","id":1,"method":"agent.ready","params":{"key":"k","deadline_s":Infinity}}')
@example(message='[{"jsonrpc":"2.0","id":1,"method":"agent.ready","params":{"key":"k"}}]')
@example(message='{"jsonrpc":"2.0","method":"agent.ready","params":{"key":"k"}}')
@example(message='{"jsonrpc":"2.0","id":null,"method":"agent.ready","params":{"key":"k"}}')
def test_whatever_comes_is_answered_with_an_error_and_nothing_is_done(message: str | bytes) -> None:
    async def talk(desk: Desk) -> None:
        (answer,) = await desk.take(message)
        assert answer["error"]["code"] in (-32700, -32600, -32601)
        assert desk.door.asked == []

    converse(talk)


@settings(max_examples=100, deadline=None)
@given(method=st.sampled_from(ORDERS), params=ANY_JSON)
def test_whatever_params_are_answered_and_reach_the_door_only_when_fit(method: str, params: object) -> None:
    async def talk(desk: Desk) -> None:
        answer = await desk.ask(method, params)
        assert answer["error"]["code"] == -32602
        assert answer["error"]["data"]["field"]
        assert desk.door.asked == []

    converse(talk)
