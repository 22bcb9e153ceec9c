"""What a change of departments and specialists comes to, before it changes anything. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from telephony.directory.entries import Entry, names
from telephony.directory.specialists import Department, Specialist
from telephony.errors import DirectoryError


class EntryChange(msgspec.Struct, frozen=True):
    """One entry as it was and as it shall be."""

    before: Entry
    after: Entry


class EntryChanges(msgspec.Struct, frozen=True):
    """Departments first, each sorted by code."""

    added: tuple[Entry, ...] = ()
    changed: tuple[EntryChange, ...] = ()
    unchanged: tuple[Entry, ...] = ()
    removed: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.added or self.changed or self.removed)


def entry_changes(stored: Sequence[Entry], wanted: Iterable[Entry]) -> EntryChanges:
    """What makes the directory from ``stored`` exactly ``wanted``.

    Raises DirectoryError when a code is there twice, or a specialist's department would not be there.
    """
    have: dict[str, Entry] = {each.code: each for each in stored}
    want: dict[str, Entry] = {}
    for each in sorted(wanted, key=_place):
        if each.code in want:
            raise DirectoryError(f"The code {each.code} is given twice, to {names([want[each.code], each])}. Keep one.")
        want[each.code] = each
    _check_homes(want)
    return EntryChanges(
        added=tuple(each for code, each in want.items() if code not in have),
        changed=tuple(EntryChange(have[c], each) for c, each in want.items() if c in have and have[c] != each),
        unchanged=tuple(each for code, each in want.items() if have.get(code) == each),
        removed=tuple(each for each in sorted(stored, key=_place) if each.code not in want),
    )


def _check_homes(after: dict[str, Entry]) -> None:
    for each in after.values():
        if isinstance(each, Specialist) and not isinstance(after.get(each.department), Department):
            raise DirectoryError(
                f"There would be no department {each.department} for {each.code} {each.name}. Give the department "
                "first, move its people elsewhere (`zhitong directory change CODE --department …`), or remove them too."
            )


def _place(entry: Entry) -> tuple[bool, str]:
    return isinstance(entry, Specialist), entry.code
