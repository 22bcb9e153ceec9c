"""What of the notice a caller has heard. Pure.

It is heard as music on hold: the PBX says when a class of music begins and stops on the caller's channel. Within one
class the notice goes on where it was cut off (by an announcement); another class begins it anew, so the longest counts.
"""

from dataclasses import dataclass

from telephony.model.ids import Micros

NOTICE_MUSIC = "zt-notice-"
"""Before the name of each class of music that begins with the notice (dialplans/README.md)."""


@dataclass(slots=True)
class Telling:
    """``how``: as ZtNotice says. ``began``: since when it is heard now, in the class ``music``, of which ``so_far`` was
    heard before. ``longest``: heard in any other class, or before the wait."""

    how: str
    language: str
    length: Micros
    at: Micros
    music: str = ""
    so_far: int = 0
    longest: int = 0
    began: Micros | None = None
    cost: int = 0  # of a notice that is heard before the wait

    def begin(self, music: str, at: Micros) -> None:
        """It is heard from ``at`` on, in this class of music."""
        self.stop(at)
        if music != self.music:
            self.longest, self.so_far = max(self.longest, self.so_far), 0
        self.music, self.began = music, at

    def stop(self, at: Micros) -> None:
        """Nothing of it is heard from ``at`` on."""
        if self.began is not None:
            self.so_far += max(0, at - self.began)
            self.began = None

    def whole_by(self, at: Micros | None) -> bool:
        """Whether all of it has been heard at ``at``; what has no length was not there to be heard."""
        return 0 < self.length <= self.heard_by(at)

    def heard_by(self, at: Micros | None) -> Micros:
        """How much of it has been heard at ``at`` (None: by the last that is known)."""
        now = max(0, at - self.began) if self.began is not None and at is not None else 0
        return Micros(min(self.length, max(self.longest, self.so_far + now)))
