"""What people have said of a live call. Mutable, owned by the tracker alone."""

import msgspec


class Remarks(msgspec.Struct, gc=False):
    """By who said it: their note, what the call was about to them, whether it was resolved on the line (yes, no, or
    empty: taken back). ``mark`` is the call's: nuisance, silent."""

    notes: dict[str, str] = msgspec.field(default_factory=dict)
    topics: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    resolved: dict[str, str] = msgspec.field(default_factory=dict)  # in the order of their last word
    mark: str | None = None  # None: nobody has marked it, or taken a mark back

    @property
    def writers(self) -> set[str]:
        return {*self.notes, *self.topics, *self.resolved}

    def say(
        self,
        who: str,
        note: str | None,
        topics: tuple[str, ...] | None,
        mark: str | None,
        resolved: str | None = None,
        *,
        again: bool = False,
    ) -> None:
        """What is None was not spoken of. ``again``: it gives way to what was said already."""
        if note is not None and not (again and who in self.notes):
            self.notes[who] = note
        if topics is not None and not (again and who in self.topics):
            self.topics[who] = topics
        if mark is not None and not (again and self.mark is not None):
            self.mark = mark
        if resolved is not None and not (again and who in self.resolved):
            self.resolved.pop(who, None)
            self.resolved = {who: resolved, **self.resolved} if again else {**self.resolved, who: resolved}

    @property
    def is_resolved(self) -> bool | None:
        """The last word of who said so or not; None: nobody has."""
        last = next((word for word in reversed(self.resolved.values()) if word), None)
        return None if last is None else last == "yes"

    def all_topics(self) -> tuple[str, ...]:
        """Each once, in the order of their being said."""
        return tuple(dict.fromkeys(topic for topics in self.topics.values() for topic in topics))

    def take_over(self, other: "Remarks") -> None:
        """What was said of a call that was joined into this one."""
        for who in other.writers:
            self.say(who, other.notes.get(who), other.topics.get(who), None, again=True)
        for who, resolved in reversed(other.resolved.items()):  # each is put before those that are there
            self.say(who, None, None, None, resolved, again=True)
        self.say("", None, None, other.mark, again=True)
