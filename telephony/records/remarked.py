"""What people have said of a call, beside its record. Pure."""

import msgspec

from telephony.model.ids import Micros


class NoteSaid(msgspec.Struct, frozen=True):
    """The note of ``who`` (an agent's number, or the name of an account), as it stands. ``by``: who wrote it so."""

    who: str
    text: str
    at: Micros
    by: str


class Disposed(msgspec.Struct, frozen=True):
    """What the call was about to ``who``, in codes of the site's topics; ``answered``: on the line, without a work
    order (None: they did not say)."""

    who: str
    topics: tuple[str, ...]
    answered: bool | None
    at: Micros
    by: str


class Resolved(msgspec.Struct, frozen=True):
    """Whether what the caller wanted was resolved on the call, by those who were asked into it; as ``who`` says."""

    who: str
    resolved: bool
    at: Micros
    by: str


class Marked(msgspec.Struct, frozen=True):
    """``mark``: nuisance, silent. The call counts as offered all the same."""

    mark: str
    at: Micros
    by: str


class Remarked(msgspec.Struct, frozen=True, kw_only=True):
    """What of it holds now: of each one note, one disposition and one word on its being resolved, in the order of their
    last word; one mark."""

    notes: tuple[NoteSaid, ...] = ()
    dispositions: tuple[Disposed, ...] = ()
    mark: Marked | None = None
    resolutions: tuple[Resolved, ...] = ()

    @property
    def topics(self) -> tuple[str, ...]:
        """Of all of them, each once."""
        return tuple(dict.fromkeys(topic for each in self.dispositions for topic in each.topics))

    @property
    def answered(self) -> bool | None:
        """Whether the call was closed on the line: the last word of who said so or not."""
        return next((each.answered for each in reversed(self.dispositions) if each.answered is not None), None)

    @property
    def resolved(self) -> bool | None:
        """Whether it was resolved on the call: the last word of who said so or not."""
        return self.resolutions[-1].resolved if self.resolutions else None
