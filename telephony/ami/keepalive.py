"""When a link is dead although nobody closed it. Pure."""

import msgspec

from telephony.errors import AmiError, AmiUnreachable


class KeepAlive(msgspec.Struct, frozen=True):
    """Seconds. A link from which nothing came for ``silence`` is dead: noticed within ``silence + every``.
    A PBX that sends but answers no ping for ``deaf`` is as good as dead."""

    every: float = 1.0
    silence: float = 3.8
    deaf: float = 20.0

    def verdict(self, silent: float, unanswered: float) -> AmiError | None:
        """Why the link is dead, if it is. ``silent``: seconds since the last byte; ``unanswered``: since the ping
        that has no answer yet was sent, 0 if there is none."""
        if silent > self.silence:
            return AmiUnreachable(f"nothing came from the PBX for {silent:.1f} s: the network, or the PBX, hangs")
        if unanswered > self.deaf:
            return AmiUnreachable(f"the PBX sends events but has not answered a ping for {unanswered:.0f} s")
        return None
