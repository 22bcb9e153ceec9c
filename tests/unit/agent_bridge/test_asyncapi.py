"""docs/asyncapi.yaml is AsyncAPI 3, and says what the gateway does.

``asyncapi-3.0.0.json.gz`` beside this file is the specification's own JSON Schema, from the package @asyncapi/specs
6.11.1 (Apache-2.0), as it came but for white space.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agent_bridge.wire.messages import NOTIFICATIONS
from agent_bridge.wire.methods import METHODS
from telephony.control.commands import AnyOrder
from tests.protocol import Held, described
from tests.unit.agent_bridge.desk import GOOD
from tools import asyncapi

SPECIFICATION = Path(__file__).with_name("asyncapi-3.0.0.json.gz")


def faults(document: dict[str, Any]) -> list[str]:
    schema = json.loads(gzip.decompress(SPECIFICATION.read_bytes()))
    kind = jsonschema.validators.validator_for(schema)
    return [f"{error.json_path}: {error.message[:200]}" for error in kind(schema).iter_errors(document)]


def test_the_document_is_asyncapi_3_and_the_judge_can_tell() -> None:
    assert faults(described()) == []
    assert faults({**described(), "operations": {"ping": {"action": "shout"}}})


def test_the_document_is_made_from_the_tables() -> None:
    assert asyncapi.TARGET.read_text(encoding="utf-8") == asyncapi.text(), "stale; run: make asyncapi"


def test_each_schema_is_json_schema_and_each_reference_leads_somewhere() -> None:
    document = described()
    for message in document["components"]["messages"].values():
        jsonschema.Draft202012Validator.check_schema({**message["payload"], "components": document["components"]})
    for reference in set(references(document)):
        at: Any = document
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]


def references(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        own = [tree["$ref"]] if isinstance(tree.get("$ref"), str) else []
        return own + [found for value in tree.values() for found in references(value)]
    if isinstance(tree, list):
        return [found for value in tree for found in references(value)]
    return []


def test_each_method_has_its_operation_and_each_notification_too() -> None:
    operations = described()["operations"]
    assert set(operations) == set(METHODS) | {f"tell.{name}" for name in NOTIFICATIONS}
    assert {name for name, each in operations.items() if each["action"] == "receive"} == set(METHODS)


def test_every_order_that_people_give_can_be_asked_for() -> None:
    """All but what only a gateway says itself."""
    from agent_bridge.wire import orders

    asked = {each.__name__ for each in vars(orders).values() if isinstance(each, type)}
    wanted = {each.__name__ for each in AnyOrder.__args__} - {"DesktopSeen"}
    assert wanted <= asked


@pytest.mark.parametrize("method", sorted(GOOD))
def test_the_examples_are_as_described(method: str) -> None:
    held = Held()
    params = {"key": "k", **GOOD[method]}
    held.came(held, json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    held.went(held, '{"jsonrpc":"2.0","id":1,"result":{"taken":"accepted","seen":true,"attempt":null,"call":""}}')
    assert held.seen == {f"{method}.request": 1, f"{method}.result": 1}


def test_the_harness_complains_of_what_is_not_as_described() -> None:
    held = Held()
    with pytest.raises(AssertionError, match="delta is not as docs"):
        held.went(held, '{"jsonrpc":"2.0","method":"delta","params":{"epoch":1}}')
    held.came(held, '{"jsonrpc":"2.0","id":1,"method":"call.hold","params":{"key":"k\\n"}}')
    with pytest.raises(AssertionError, match=r"call\.hold\.request is not"):
        held.went(held, '{"jsonrpc":"2.0","id":1,"result":{"taken":"accepted","seen":true}}')
