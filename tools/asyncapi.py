"""Writes docs/asyncapi.yaml: the protocol of desktops as AsyncAPI 3.0, from the tables that the gateway runs on.

`python -m tools.asyncapi` writes it; with `--check` it writes nothing and fails if that is stale.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from agent_bridge.gateway import PATH
from agent_bridge.wire import closes, errors, messages
from agent_bridge.wire.methods import METHODS, Method

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "asyncapi.yaml"
SCHEMAS = "#/components/schemas/"
_CHANNEL = "#/channels/agent"
_ABOUT = """\
What agents' desktops, and any program that stands in for one, say to Zhitong's gateway and hear from it: JSON-RPC 2.0
over WebSocket, one JSON text to a message. docs/agent-protocol.md explains it with examples that run.

The first request is `hello`, with a token from `POST /auth/token`. Its answer holds all documents that the account may
see, or, for who names a position it was at, goes on there with the deltas that were missed. From then on each change of
a document comes as the notification `delta`. A request without an id, and a batch, are refused.
"""
_NAMED: dict[str, str] = {
    "delta": "One document was made, changed, or is gone.",
    "snapshot": "All documents anew, in the place of those known.",
    "heartbeat": "The gateway is there, and everything up to this position was sent.",
    "upstream": "The telephony process was lost, or is back.",
    "closing": "Why the connection is closed next.",
}


def document() -> dict[str, Any]:
    """The whole description."""
    kinds = [*(row.params for row in METHODS.values()), *(row.result for row in METHODS.values())]
    kinds += [*messages.NOTIFICATIONS.values(), errors.Problem]
    _, schemas = msgspec.json.schema_components(dict.fromkeys(kinds), ref_template=SCHEMAS + "{name}")
    told = {**dict(_requests()), **dict(_results()), **dict(_notifications()), "error": _error()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Zhitong: the agents' gateway",
            "version": f"{max(messages.VERSIONS)}.0.0",
            "description": f"{_ABOUT}\n{_codes()}\n{_closes()}",
            "license": {"name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "gateway": {
                "host": "localhost:8790",
                "protocol": "wss",
                "description": "[gateway] of site.toml has host and port.",
            }
        },
        "channels": {
            "agent": {
                "address": PATH,
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in told},
            }
        },
        "operations": dict(_operations()),
        "components": {"messages": told, "schemas": _plain({name: schemas[name] for name in sorted(schemas)})},
    }


def text() -> str:
    """It, as the file has it."""
    head = "# Made from the tables in agent_bridge/wire by `python -m tools.asyncapi`; do not edit.\n"
    return head + yaml.dump(document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def request_name(method: str) -> str:
    return f"{method}.request"


def result_name(method: str) -> str:
    return f"{method}.result"


def _requests() -> Iterator[tuple[str, dict[str, Any]]]:
    for row in METHODS.values():
        required = any(field.required for field in msgspec.structs.fields(row.params))
        payload = _envelope(
            {"id": _ID, "method": {"const": row.name}, "params": _ref(row.params)},
            ["id", "method", *(["params"] if required else [])],
        )
        yield request_name(row.name), _message(row.name, _words(row), payload)


def _words(row: Method) -> str:
    return row.words if row.right is None else f"{row.words} Needs the right {row.right.value}."


def _results() -> Iterator[tuple[str, dict[str, Any]]]:
    for row in METHODS.values():
        payload = _envelope({"id": _ID, "result": _ref(row.result)}, ["id", "result"])
        yield result_name(row.name), _message(row.name, f"The answer to {row.name}.", payload)


def _notifications() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, kind in messages.NOTIFICATIONS.items():
        payload = _envelope({"method": {"const": name}, "params": _ref(kind)}, ["method", "params"])
        yield name, _message(name, _NAMED[name], payload)


def _error() -> dict[str, Any]:
    payload = _envelope({"id": {"anyOf": [_ID, {"type": "null"}]}, "error": _ref(errors.Problem)}, ["id", "error"])
    return _message("error", "The answer to a request that was refused, or failed.", payload)


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """As the gateway sees them: it receives requests and replies, and sends notifications."""
    for row in METHODS.values():
        yield (
            row.name,
            {
                "action": "receive",
                "channel": {"$ref": _CHANNEL},
                "summary": _words(row),
                "messages": [{"$ref": f"{_CHANNEL}/messages/{request_name(row.name)}"}],
                "reply": {
                    "channel": {"$ref": _CHANNEL},
                    "messages": [
                        {"$ref": f"{_CHANNEL}/messages/{result_name(row.name)}"},
                        {"$ref": f"{_CHANNEL}/messages/error"},
                    ],
                },
            },
        )
    for name, words in _NAMED.items():
        yield (
            f"tell.{name}",
            {
                "action": "send",
                "channel": {"$ref": _CHANNEL},
                "summary": words,
                "messages": [{"$ref": f"{_CHANNEL}/messages/{name}"}],
            },
        )


_ID = {
    "description": "A text of 1 to 64 visible characters, or a whole number.",
    "oneOf": [{"type": "string", "minLength": 1, "maxLength": 64}, {"type": "integer"}],
}


def _envelope(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"jsonrpc": {"const": "2.0"}, **_plain(properties)},
        "required": ["jsonrpc", *required],
    }


def _message(name: str, summary: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "summary": summary, "contentType": "application/json", "payload": payload}


def _ref(kind: type) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=SCHEMAS + "{name}")
    return dict(schema)


def _codes() -> str:
    rows = "\n".join(f"| {int(code)} | {words} |" for code, words in errors.MEANINGS.items())
    return f"Error codes:\n\n| code | meaning |\n|---|---|\n{rows}\n"


def _closes() -> str:
    rows = "\n".join(f"| {int(code)} | {words} |" for code, words in closes.MEANINGS.items())
    return f"Close codes:\n\n| code | meaning |\n|---|---|\n{rows}\n"


def _plain(value: Any) -> Any:
    """As YAML has it: no tuples, and nothing shared, which would become an alias. A discriminator of msgspec's kind
    is OpenAPI's; AsyncAPI knows another, and the ``type`` in each document tells as much."""
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if key != "discriminator"}
        return {key: _words_of(each) if key == "description" else _plain(each) for key, each in kept.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _words_of(docstring: str) -> str:
    return inspect.cleandoc(docstring).replace("``", "`")


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as such."""


def _block(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _block)


def main() -> int:
    """Write the file, or check that it is as it would be written."""
    if "--check" in sys.argv[1:]:
        stale = not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text()
        if stale:
            print(f"{TARGET.relative_to(ROOT)} is stale; run: make asyncapi", file=sys.stderr)
        return int(stale)
    TARGET.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
