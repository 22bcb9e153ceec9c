"""Strict TOML: a text into frozen structs, with errors that name the key and say what is allowed there.

Paths count from 0, as in ``queue[2].timeout_s``; where the table has a name, it is said beside the path.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from telephony.errors import ConfigError

T = TypeVar("T", bound=msgspec.Struct)


def read_text(path: Path) -> str:
    """The file's text. Raises ``ConfigError`` naming the file."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error


def parse(text: str, kind: type[T], source: str, *, secret: bool = False) -> T:
    """The struct this TOML text says; ``source`` is the file's name in errors. Raises ``ConfigError``.

    With ``secret`` no value is shown in an error.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: this is not TOML: {error}.") from (None if secret else error)
    if problems := list(_unknown_keys(tree, inspect.type_info(kind), "")):
        raise ConfigError("\n".join(f"{source}: {problem}" for problem in problems))
    try:
        return msgspec.convert(tree, kind, strict=True)
    except msgspec.ValidationError as error:
        words = _explain(str(error), {} if secret else tree, kind)
        raise ConfigError(f"{source}: {words}") from (None if secret else error)


def _unwrap(kind: inspect.Type) -> inspect.Type:
    """The type below its description and beside ``None``."""
    if isinstance(kind, inspect.Metadata):
        return _unwrap(kind.type)
    if isinstance(kind, inspect.UnionType):
        return next(_unwrap(each) for each in kind.types if not isinstance(each, inspect.NoneType))
    return kind


def _step_into(kind: inspect.Type, step: str | int) -> inspect.Type | None:
    """The type found by a key or an index; None where there is no such key."""
    plain = _unwrap(kind)
    if isinstance(plain, inspect.StructType):
        return next((each.type for each in plain.fields if each.encode_name == step), None)
    if isinstance(plain, inspect.VarTupleType):
        return plain.item_type
    return plain.value_type if isinstance(plain, inspect.DictType) else None


def _unknown_keys(value: object, kind: inspect.Type, path: str) -> Iterator[str]:
    plain = _unwrap(kind)
    if isinstance(plain, inspect.StructType) and isinstance(value, dict):
        allowed = sorted(each.encode_name for each in plain.fields)
        for key in value.keys() - set(allowed):
            yield _unknown_key(_join(path, key), key, allowed)
    for step, child in _children(value):
        if (child_kind := _step_into(plain, step)) is not None:
            yield from _unknown_keys(child, child_kind, _join(path, step))


def _unknown_key(path: str, key: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(key, allowed, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"{path}: there is no such key.{hint} Allowed here: {', '.join(allowed)}."


def _children(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _join(path: str, step: str | int) -> str:
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if path else step


_ERROR = re.compile(r"(?P<what>.*?)(?: - at (?P<key>`key` in )?`\$\.?(?P<path>.*)`)?", re.DOTALL)


def _explain(error: str, tree: dict[str, Any], kind: type[msgspec.Struct]) -> str:
    """msgspec's words with our path and, where the type says so itself, what is allowed there."""
    match = _ERROR.fullmatch(error)
    assert match is not None  # the pattern matches any text
    what, path = match["what"], match["path"] or ""
    if missing := re.fullmatch("Object missing required field `(.*)`", what):
        return f"{_join(path, missing[1])}{_named(tree, path)}: is missing."
    steps = _steps(path)
    allowed = _allowed_at(inspect.type_info(kind), steps, of_key=match["key"] is not None)
    value = _shown(_look(tree, steps[:-1] if steps[-1:] == ["..."] else steps))
    return f"{path}{_named(tree, path)}: not allowed{value}. Allowed: {allowed or what.replace('`', '')}."


def _steps(path: str) -> list[str | int]:
    found = re.findall(r"([^.\[\]]+)|\[([^\]]*)\]", path)
    return [name or (int(index) if index.isdigit() else index) for name, index in found]


def _look(tree: Any, steps: list[str | int]) -> Any:
    for step in steps:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def _shown(value: Any) -> str:
    return "" if value is None else f": {repr(value)[:80]}"


def _named(tree: dict[str, Any], path: str) -> str:
    """The name of the innermost table of an array on the way to ``path``, in brackets."""
    steps = _steps(path)
    for end in range(len(steps), 0, -1):
        table = _look(tree, steps[:end])
        if isinstance(steps[end - 1], int) and isinstance(table, dict) and isinstance(table.get("name"), str):
            return f" ({table['name']!r:.40})"
    return ""


def _allowed_at(kind: inspect.Type, steps: list[str | int], *, of_key: bool) -> str | None:
    """What the type at this path says of itself."""
    found: inspect.Type | None = kind
    for step in steps:
        found = _step_into(found, step) if found is not None else None
    if found is None:
        return None
    plain = _unwrap(found)
    if of_key and isinstance(plain, inspect.DictType):
        found = plain.key_type
    return _described(found)


def _described(kind: inspect.Type) -> str | None:
    if isinstance(kind, inspect.Metadata) and kind.extra_json_schema:
        return str(kind.extra_json_schema["description"])
    if isinstance(kind, inspect.UnionType):
        return next(filter(None, map(_described, kind.types)), None)
    if isinstance(kind, inspect.LiteralType):
        return ", ".join(map(str, kind.values))
    return None
