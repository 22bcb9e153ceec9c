"""The slow, plain way to search, to hold the fast one against: each text of each entry, sound by sound."""

from collections.abc import Iterable, Mapping, Sequence

from telephony.directory.search import Entry

Units = Sequence[Sequence[str]]


def found(query: str, entries: Iterable[Entry], lines: Mapping[str, str]) -> set[str]:
    """The codes of all that one word fits. ``lines`` as of ``telephony.directory.sounds``."""
    read = {text: [unit.split("|") for unit in line.split(" ") if unit] for text, line in lines.items()}
    fitting = {text for text, units in read.items() if fits(query, units)}
    return {entry.code for entry in entries if entry.code.startswith(query) or not fitting.isdisjoint(texts(entry))}


def texts(entry: Entry) -> set[str]:
    """All that one is found by, beside the code."""
    return {*entry.names, *entry.department_names, *entry.topics, entry.title, *entry.languages} - {""}


def fits(query: str, units: Units) -> bool:
    return any(_from(query, units, start) for start in range(len(units)))


def _from(query: str, units: Units, at: int) -> bool:
    if not query:
        return True
    if at == len(units):
        return False
    character, *sounds = units[at]
    if character and query.startswith(character) and _from(query[len(character) :], units, at + 1):
        return True
    return any(_sounds(query, sound, units, at) for sound in sounds)


def _sounds(query: str, sound: str, units: Units, at: int) -> bool:
    """The whole sound, its initial, or a beginning of it where nothing follows."""
    if sound.startswith(query):
        return True
    parts = {sound, sound[0], sound[:2] if sound[1:2] == "h" and sound[0] in "zcs" else sound[0]}
    return any(query.startswith(part) and _from(query[len(part) :], units, at + 1) for part in parts)
