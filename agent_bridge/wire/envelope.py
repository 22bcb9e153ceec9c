"""Bytes to requests, results to bytes; each refusal names the field. Pure."""

import json
import re
from typing import Any, TypeVar

import msgspec

from agent_bridge.wire.errors import Code, Data, Wrong
from agent_bridge.wire.messages import Failure, Id, Notification, Request, Success
from telephony.control.commands import Reason

P = TypeVar("P", bound=msgspec.Struct)

ID_LIMIT = 64
_BIG = 2**53
_PATH = re.compile(r"(?P<what>.*?)(?: - at (?:`key` in )?`\$\.?(?P<path>.*)`)?", re.DOTALL)
_REQUEST = msgspec.json.Decoder(Request)
_ENCODER = msgspec.json.Encoder()
_MISSING = "is missing"
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_request(message: str | bytes) -> Request:
    """The request of this message. Raises Wrong, whose ``problem`` goes with the id that ``id_of`` finds."""
    try:
        request = _REQUEST.decode(message)
    except msgspec.ValidationError as error:
        field, why = _field(str(error))
        raise Wrong(Code.INVALID_REQUEST, f"{field or 'The request'}: {why}.", Data(field=field)) from None
    except (ValueError, RecursionError):
        request = _salvaged(message)
    if not _is_id(request.id):
        raise Wrong(Code.INVALID_REQUEST, f"id: a text of 1 to {ID_LIMIT} visible characters, or a whole number.")
    return request


def _salvaged(message: str | bytes) -> Request:
    """The request of a message that only its parameters spoil, by half a surrogate pair: so that the field is named
    when they are read. Raises Wrong."""
    tree = _tree(message)
    if not isinstance(tree, dict):
        raise Wrong(Code.PARSE if tree is None else Code.INVALID_REQUEST)
    params = json.dumps(tree.pop("params", {})).encode()
    try:
        return msgspec.structs.replace(_REQUEST.decode(json.dumps(tree)), params=msgspec.Raw(params))
    except ValueError:
        raise Wrong(Code.INVALID_REQUEST) from None


def _tree(message: str | bytes) -> Any:
    """What is JSON, though not for us; None where it is not."""
    try:
        return json.loads(message, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def id_of(message: str | bytes) -> Id | None:
    """The id of what is no good request; None where there is none to be read."""
    tree = _tree(message)
    found = tree.get("id") if isinstance(tree, dict) else None
    return found if isinstance(found, str | int) and _is_id(found) else None


def _is_id(value: Id) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return -_BIG < value < _BIG
    return 0 < len(value) <= ID_LIMIT and value.isprintable()


def read_params(raw: msgspec.Raw, kind: type[P]) -> P:
    """The parameters. Raises Wrong with the field's name."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        field, why = _field(str(error))
    except (ValueError, RecursionError):
        field, why = _unreadable(bytes(raw))
    name = field or "params"
    allowed = "" if why == _MISSING else _allowed(kind, field)
    words = f"{name}: not allowed. Allowed: {allowed}." if allowed else f"{name}: {why}."
    raise Wrong(Code.INVALID_PARAMS, words, Data(reason=Reason.BAD_VALUE, field=name))


def _field(error: str) -> tuple[str, str]:
    """The field that msgspec's words name, and what they say of it."""
    match = _PATH.fullmatch(error)
    assert match is not None  # the pattern matches any text
    what, path = match["what"].replace("`", ""), match["path"] or ""
    if named := re.search(r"(?:unknown|required) field `(.*)`", match["what"]):
        path = f"{path}.{named[1]}" if path else named[1]
        what = "there is no such field" if "unknown" in what else _MISSING
    return path.replace("[...]", "").lstrip(".")[:80], what


def _unreadable(raw: bytes) -> tuple[str, str]:
    """The field with a text that no UTF-8 can hold."""
    tree = _tree(raw)
    if tree is None:
        return "", "this cannot be read"
    fields = tree.items() if isinstance(tree, dict) else ()
    bad = next((name for name, value in fields if _SURROGATE.search(json.dumps(value, ensure_ascii=False))), "")
    return bad, "holds half of a surrogate pair"


def _allowed(kind: type[msgspec.Struct], field: str) -> str:
    name = re.split(r"[.\[]", field)[0]
    found = next((each for each in msgspec.structs.fields(kind) if each.encode_name == name), None)
    return "" if found is None else _described(msgspec.inspect.type_info(found.type))


def _described(kind: msgspec.inspect.Type) -> str:
    if isinstance(kind, msgspec.inspect.Metadata):
        return str((kind.extra_json_schema or {}).get("description", ""))
    if isinstance(kind, msgspec.inspect.UnionType):
        return next((words for each in kind.types if (words := _described(each))), "")
    if isinstance(kind, msgspec.inspect.VarTupleType):
        return _described(kind.item_type)
    if isinstance(kind, msgspec.inspect.LiteralType):
        return ", ".join(str(value) or "''" for value in kind.values)
    return ""


def encode(value: Any) -> bytes:
    return _ENCODER.encode(value)


def success(request_id: Id, result: msgspec.Struct | msgspec.Raw) -> str:
    """``result`` may be JSON already."""
    raw = result if isinstance(result, msgspec.Raw) else msgspec.Raw(encode(result))
    return encode(Success(id=request_id, result=raw)).decode()


def failure(request_id: Id | None, wrong: Wrong) -> str:
    return encode(Failure(id=request_id, error=wrong.problem)).decode()


def notification(method: str, params: msgspec.Struct) -> str:
    return encode(Notification(method=method, params=msgspec.Raw(encode(params)))).decode()
