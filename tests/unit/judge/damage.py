"""Damage done to one book: a line dropped, doubled or altered. Each kind says how to find the places where it can be
done, so that none is forgotten when a story changes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.unit.judge.world import MS, SECOND, World

Change = Callable[[World], None]


@dataclass(frozen=True)
class Damage:
    """``book`` is to be named by the judge."""

    book: str
    name: str
    do: Change


# --- queue_log --------------------------------------------------------------------------------------------


def to_queue_log(world: World) -> Iterator[Damage]:
    """Every line dropped, doubled, moved by 5 s, given to another queue or agent."""
    for index, (_, line) in enumerate(world.log_lines):
        event, agent = line.split("|")[4], line.split("|")[3]
        yield Damage("queue_log", f"drop {event}", partial(_drop, index=index))
        yield Damage("queue_log", f"double {event}", partial(_double, index=index))
        yield Damage("queue_log", f"queue of {event}", partial(_set_field, index=index, field=2, value="x"))
        yield Damage("queue_log", f"moved {event}", partial(_later, index=index))
        if agent != "NONE":
            yield Damage("queue_log", f"agent of {event}", partial(_set_field, index=index, field=3, value="1098"))


def _drop(world: World, index: int) -> None:
    world.log_lines.pop(index)


def _double(world: World, index: int) -> None:
    world.log_lines.insert(index, world.log_lines[index])


def _set_field(world: World, index: int, field: int, value: str) -> None:
    at, line = world.log_lines[index]
    fields = line.split("|")
    fields[field] = value
    world.log_lines[index] = (at, "|".join(fields))


def _later(world: World, index: int) -> None:
    at, line = world.log_lines[index]
    second, _, rest = line.partition("|")
    world.log_lines[index] = (at, f"{int(second) + 5}|{rest}")


# --- CDR --------------------------------------------------------------------------------------------------


def to_cdr(world: World) -> Iterator[Damage]:
    """Every row doubled; every offer's row dropped, turned into its contrary, or given to another phone, queue or
    caller; the moments that the judge holds against the phones moved by 60 ms."""
    for index, row in enumerate(world.cdr):
        yield Damage("CDR", "double a row", partial(_double_row, index=index))
        if not row[10].startswith("PJSIP/trunk-"):
            continue
        yield Damage("CDR", "caller of a row", partial(_set_cell, index=index, cell=12, value="13911119999"))
        if row[11] and row[15] == "Queue" and not _met_in_a_bridge(world, row):
            yield from _to_offer(row, index)


def _met_in_a_bridge(world: World, row: list[str]) -> bool:
    """A row that a transfer brought about: it begins where an answered one of the same channel ended."""
    before = [one for one in world.cdr if one[7] == row[7] and one[6] == "ANSWERED" and one[16] == row[16]]
    return any(one is not row and one[3] <= row[1] for one in before)


def _to_offer(row: list[str], index: int) -> Iterator[Damage]:
    contrary = "NO ANSWER" if row[6] == "ANSWERED" else "ANSWERED"
    yield Damage("CDR", "drop an offer", partial(_drop_row, index=index))
    yield Damage("CDR", f"offer {row[6]} → {contrary}", partial(_set_cell, index=index, cell=6, value=contrary))
    yield Damage("CDR", "phone of an offer", partial(_set_cell, index=index, cell=11, value="PJSIP/1098-000000aa"))
    yield Damage("CDR", "queue of an offer", partial(_set_cell, index=index, cell=16, value="x,ct"))
    if row[6] != "ANSWERED":
        yield Damage("CDR", "end of an offer", partial(_shift_cell, index=index, cell=3, shift=60 * MS))


def _double_row(world: World, index: int) -> None:
    world.cdr.append(list(world.cdr[index]))


def _drop_row(world: World, index: int) -> None:
    world.cdr.pop(index)


def _set_cell(world: World, index: int, cell: int, value: str) -> None:
    world.cdr[index][cell] = value


def _shift_cell(world: World, index: int, cell: int, shift: int) -> None:
    second, _, micros = world.cdr[index][cell].partition(".")
    at = int(second) * SECOND + int(micros) + shift
    world.cdr[index][cell] = f"{at // SECOND}.{at % SECOND:06}"


# --- the phones -------------------------------------------------------------------------------------------

# What ends a call or a ringing, and what begins one: without it the log contradicts itself, or another book.
_NEEDED = frozenset({"invite_sent", "cancel_sent", "invite_received", "refuse_sent", "cancel_received", "answer_sent"})
_MOVED = frozenset({"invite_sent", "invite_received", "refuse_sent", "answer_sent"})


def to_phones(world: World) -> Iterator[Damage]:
    """A phone's word dropped, or moved by 60 ms; a whole ring or a whole caller's call gone from the log."""
    for at, line in sorted(world.phones):
        event, call_id = line.split("\t")[4], line.split("\t")[7]
        one = (at, line)
        if event in _NEEDED:
            yield Damage("SIPp", f"drop {event}", partial(_drop_word, one=one))
        if event in {"invite_sent", "invite_received"}:
            yield Damage("SIPp", f"drop the call of {event}", partial(_forget, call_id=call_id))
        if event in _MOVED:
            for shift in (60 * MS, -60 * MS):
                yield Damage("SIPp", f"moved {event}", partial(_move, one=one, shift=shift))


def _drop_word(world: World, one: tuple[int, str]) -> None:
    world.phones.remove(one)


def _forget(world: World, call_id: str) -> None:
    world.phones[:] = [each for each in world.phones if each[1].split("\t")[7] != call_id]


def _move(world: World, one: tuple[int, str], shift: int) -> None:
    world.phones.remove(one)
    at, cells = one[0] + shift, one[1].split("\t")
    cells[2] = f"{at // SECOND}.{at % SECOND:06}"
    world.phones.append((at, "\t".join(cells)))
