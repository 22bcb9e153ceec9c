"""Orders about the recording of a live call (``call``: its CallId, or the Uniqueid of one of its channels). Pure."""

from telephony.control.orders.order import Order


class PauseRecording(Order, frozen=True, tag="pause-recording"):
    """Silence the recording of a live call."""

    call: str
    by: str


class ResumeRecording(Order, frozen=True, tag="resume-recording"):
    """Let the recording of a live call go on, whoever paused it."""

    call: str
    by: str
