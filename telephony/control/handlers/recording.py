"""Carries out orders about the recording of a live call."""

import structlog

from telephony.control.orders.recording import PauseRecording, ResumeRecording
from telephony.control.reach import Done, Handlers
from telephony.control.recorder import Recorder

log = structlog.get_logger(__name__)


def handlers(recorder: Recorder) -> Handlers:
    """For the recordings that ``recorder`` has a hand on."""

    async def pause(order: PauseRecording, within: float) -> Done:
        await recorder.pause(order.call, within)
        log.info("a recording was told", pause=True, call=order.call, by=order.by)
        return Done()

    async def resume(order: ResumeRecording, within: float) -> Done:
        await recorder.resume(order.call, within)
        log.info("a recording was told", pause=False, call=order.call, by=order.by)
        return Done()

    return {PauseRecording: pause, ResumeRecording: resume}
