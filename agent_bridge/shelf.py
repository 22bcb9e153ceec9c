"""The documents of now as a gateway keeps them, and the deltas of before: each encoded once for each form that it is
shown in, whoever many see it."""

from collections import deque
from collections.abc import Iterator

import msgspec

from agent_bridge.views import Kind, View, has_forms, kind_of, sees, shown, view_of
from agent_bridge.wire.envelope import encode, notification
from telephony.live.documents import Audience, Delta, Document, Snapshot
from telephony.live.port import Position
from telephony.model.ids import MemberName
from zhitong.access.roles import Principal, Right

NOWHERE = Position(-1, -1)


class _Told(msgspec.Struct, frozen=True):
    """As ``wire.messages.DeltaTold``, with the document encoded already."""

    epoch: int
    sequence: int
    key: str
    document: msgspec.Raw | None
    at: int
    heard: int


class Item:
    """A document on the shelf."""

    __slots__ = ("_forms", "audience", "document", "kind")

    def __init__(self, kind: Kind, document: Document, audience: Audience) -> None:
        self.kind = kind
        self.document = document
        self.audience = audience
        self._forms: dict[View, msgspec.Raw] = {}

    def form(self, view: View) -> msgspec.Raw:
        """It, as it is shown in this form."""
        if not has_forms(self.document):
            view = View.MASKED
        found = self._forms.get(view)
        if found is None:
            found = self._forms[view] = msgspec.Raw(encode(shown(self.document, view)))
        return found


def is_unseen(delta: Delta, item: Item | None, before: Item | None) -> bool:
    """Of queues only: at a large one agents change their states all the time, which agents are not shown."""
    if item is None or before is None or item.kind is not Kind.QUEUE or delta.audience != delta.before:
        return False
    return bytes(item.form(View.MASKED)) == bytes(before.form(View.MASKED))


class Entry:
    """A delta as it is told. ``item`` None: the document is gone."""

    __slots__ = ("_texts", "delta", "item", "kind", "unseen")

    def __init__(self, delta: Delta, item: Item | None, before: Item | None = None) -> None:
        self.unseen = is_unseen(delta, item, before)
        """Whether who is shown it masked sees nothing else than before, and is not told."""
        self.delta = delta
        self.kind = kind_of(delta.key)
        self.item = item
        self._texts: dict[View | None, str] = {}

    @property
    def position(self) -> Position:
        return Position(self.delta.epoch, self.delta.sequence)

    def told(self, who: Principal) -> str | None:
        """What this one is told of it; None: nothing."""
        if self.item is not None and sees(who, self.kind, self.delta.audience):
            view = view_of(who, self.item.document)
            return None if self.unseen and view is View.MASKED else self.text(view)
        return self.text(None) if sees(who, self.kind, self.delta.before) else None

    def text(self, view: View | None) -> str:
        """The notification; None: that the document is gone, for who no longer sees it too."""
        if self.item is None:
            view = None
        found = self._texts.get(view)
        if found is None:
            found = self._texts[view] = self._encoded(view)
        return found

    def _encoded(self, view: View | None) -> str:
        delta = self.delta
        form = None if view is None or self.item is None else self.item.form(view)
        return notification("delta", _Told(delta.epoch, delta.sequence, delta.key, form, delta.at, delta.heard))


class Shelf:
    """``position``: of what was taken in last. ``kept``: how many deltas are remembered for who comes again."""

    def __init__(self, kept: int) -> None:
        self.items: dict[str, Item] = {}
        self.position = NOWHERE
        self._by_member: dict[MemberName, set[str]] = {}
        self._common: set[str] = set()  # of queues and of the system, which are few
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._floor = NOWHERE  # what came after it is remembered

    @property
    def known(self) -> bool:
        """Whether there is any state."""
        return self.position != NOWHERE

    @property
    def floor(self) -> Position:
        """Everything after this position is remembered."""
        return self._floor

    def fill(self, snapshot: Snapshot) -> None:
        """Take this in the place of all. Nothing is remembered of before."""
        self.items.clear()
        self._by_member.clear()
        self._common.clear()
        self._entries.clear()
        for key, (document, audience) in snapshot.documents.items():
            self._put(key, Item(kind_of(key), document, audience))
        self.position = self._floor = Position(snapshot.epoch, snapshot.sequence)

    def take(self, delta: Delta) -> Entry:
        """Take a delta in."""
        item, before = None, self.items.get(delta.key)
        self._drop(delta.key)
        if delta.document is not None:
            item = Item(kind_of(delta.key), delta.document, delta.audience)
            self._put(delta.key, item)
        entry = Entry(delta, item, before)
        if self._entries.maxlen == len(self._entries) and self._entries:
            self._floor = self._entries[0].position
        self._entries.append(entry)
        self.position = entry.position
        return entry

    def remember(self, deltas: list[Delta], floor: Position) -> None:
        """Remember these, too: what came between ``floor`` and the floor of until now."""
        room = (self._entries.maxlen or 0) - len(self._entries)
        for delta in reversed(deltas[-room:] if room else []):
            item = None if delta.document is None else Item(kind_of(delta.key), delta.document, delta.audience)
            self._entries.appendleft(Entry(delta, item))
        if len(deltas) <= room:
            self._floor = floor

    def since(self, position: Position) -> list[Entry] | None:
        """What came after; None: that is not known any more, or it never was a position of this stream."""
        if not self._floor <= position <= self.position:
            return None
        if position == self._floor:
            return list(self._entries)
        found: list[Entry] = []
        for entry in reversed(self._entries):
            if entry.position == position:
                return found[::-1]
            found.append(entry)
        return None

    def seen_by(self, who: Principal) -> Iterator[tuple[str, msgspec.Raw]]:
        """All that this one may see, as they see it."""
        for key in self._candidates(who):
            item = self.items[key]
            if sees(who, item.kind, item.audience):
                yield key, item.form(view_of(who, item.document))

    def _candidates(self, who: Principal) -> list[str]:
        """An agent's own are found without looking at those of two thousand others."""
        if who.may(Right.SEE_AGENTS) or who.may(Right.SEE_ALL):
            return list(self.items)
        own = self._by_member.get(who.agent, ()) if who.agent is not None else ()
        return [*own, *(key for key in self._common if key not in own)]

    def _put(self, key: str, item: Item) -> None:
        self.items[key] = item
        for member in item.audience.members:
            self._by_member.setdefault(member, set()).add(key)
        if item.kind in (Kind.QUEUE, Kind.SYSTEM) or item.audience.everyone:
            self._common.add(key)

    def _drop(self, key: str) -> None:
        item = self.items.pop(key, None)
        if item is None:
            return
        self._common.discard(key)
        for member in item.audience.members:
            self._by_member[member].discard(key)
            if not self._by_member[member]:
                del self._by_member[member]
