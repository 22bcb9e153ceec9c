"""A citizen's call as Asterisk tells it over AMI, event by event, for the fake PBX."""

import time

from tests.integration.ami.fake_pbx import Headers, lines

SERVICE = "service"


class Citizen:
    """Calls, waits in the queue, hangs up. Each step is the frames of its events."""

    def __init__(self, number: str, counter: int) -> None:
        self.number = number
        self.uniqueid = f"pbx1-{int(time.time())}.{counter}"
        self.channel = f"PJSIP/trunk-carrier-{counter:08x}"

    def calls(self) -> list[bytes]:
        entry = [("UserEvent", "ZtEntry"), ("Trunk", "carrier"), ("Dialled", "12345"), ("Recording", "")]
        return [
            self._event("Newchannel", ("Context", "zt-in-carrier"), ("Exten", "12345")),
            self._event("UserEvent", *entry),
            self._event("QueueCallerJoin", ("Queue", SERVICE), ("Position", "1"), ("Count", "1")),
        ]

    def is_noted(self, times: int) -> list[bytes]:
        """Events that change nothing."""
        return [self._event("NewCallerid", ("CID-CallingPres", "0"))] * times

    def hangs_up(self) -> list[bytes]:
        abandon = [("Queue", SERVICE), ("Position", "1"), ("OriginalPosition", "1"), ("HoldTime", "1")]
        end = [("UserEvent", "ZtEnd"), ("Queue", SERVICE), ("Status", "ABANDON"), ("Cause", "0"), ("Source", "peer")]
        return [
            self._event("HangupRequest", ("Cause", "0")),
            self._event("QueueCallerAbandon", *abandon),
            self._event("QueueCallerLeave", ("Queue", SERVICE), ("Count", "0"), ("Position", "1")),
            self._event("UserEvent", *end),
            self._event("Hangup", ("Cause", "0"), ("Cause-txt", "Unknown")),
        ]

    def seen(self) -> Headers:
        """As a row of CoreShowChannels."""
        return {"Event": "CoreShowChannel", **dict(self._channel()), "Duration": "00:00:01"}

    def waiting(self) -> Headers:
        """As a row of QueueStatus."""
        caller = {"Uniqueid": self.uniqueid, "Channel": self.channel, "Wait": "1", "Position": "1"}
        return {"Event": "QueueEntry", "Queue": SERVICE, **caller}

    def _channel(self) -> list[tuple[str, str]]:
        return [
            ("Channel", self.channel),
            ("ChannelState", "4"),
            ("CallerIDNum", self.number),
            ("CallerIDName", "王小明"),
            ("Context", "zt-in-carrier"),
            ("Exten", "12345"),
            ("Uniqueid", self.uniqueid),
            ("Linkedid", self.uniqueid),
        ]

    def _event(self, name: str, *more: tuple[str, str]) -> bytes:
        given = {key for key, _ in more}
        channel = [pair for pair in self._channel() if pair[0] not in given]
        return lines(("Event", name), ("Timestamp", f"{time.time():.6f}"), *channel, *more)
