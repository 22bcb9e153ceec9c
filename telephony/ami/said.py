"""Our dialplan's own words as the model's events: dialplans/README.md is the contract. Pure."""

from telephony.ami.values import IDS, Field, Spec, event, micros_of_ms, need, text, whole
from telephony.model import events as e
from telephony.model import met
from telephony.model import room_events as rooms
from telephony.model import said_by_us as by_us

SAID: dict[str, Spec] = {
    "ZtEntry": event(
        e.CallEntered,
        **IDS,
        trunk=text("Trunk"),
        dialled=text("Dialled"),
        recording=text("Recording"),
        notice=text("Notice"),
    ),
    "ZtQueueEnd": event(e.QueueEnded, **IDS, queue=text("Queue"), status=text("Status"), key=text("Key")),
    "ZtRefused": event(e.CallRefused, **IDS, trunk=text("Trunk"), dialled=text("Dialled"), reason=text("Reason")),
    "ZtClosure": event(e.ClosureTold, **IDS, state=text("State"), by=text("By"), until_s=whole("Until")),
    "ZtExpect": event(e.WaitTold, **IDS, queue=text("Queue"), minutes=whole("Minutes")),
    "ZtDuty": event(e.DutyCalled, **IDS, mobile=text("Mobile")),
    "ZtPromise": event(e.CallBackPromised, **IDS, why=text("Why"), state=text("State")),
    "ZtWrapup": event(
        e.WrapUpBegan,
        **IDS,
        member=text("Agent"),
        queue=text("Queue"),
        seconds=whole("Seconds"),
        until=Field("Until", micros_of_ms),
    ),
    "ZtEnd": event(
        e.CallerLegEnded,
        **IDS,
        queue=text("Queue"),
        status=text("Status"),
        cause=whole("Cause"),
        source=text("Source"),
    ),
    "ZtCallback": event(
        e.CallBackBegan,
        **IDS,
        entry=text("Entry"),
        attempt=text("Attempt"),
        trunk=text("Trunk"),
        dialled=text("Dialled"),
        recording=text("Recording"),
    ),
    "ZtNotice": event(
        e.NoticeTold,
        **IDS,
        how=text("How"),
        language=text("Language"),
        length=Field("Length", micros_of_ms),
    ),
    "ZtOut": event(
        e.CallWentOut,
        **IDS,
        purpose=text("Purpose"),
        number=text("Number"),
        agent=text("Agent"),
        trunk=text("Trunk"),
        recording=text("Recording"),
    ),
    "ZtOutRefused": event(
        e.OutRefused,
        **IDS,
        purpose=text("Purpose"),
        number=text("Number"),
        agent=text("Agent"),
        reason=text("Reason"),
    ),
    "ZtRecording": event(e.RecordingTold, **IDS, state=text("State"), size=whole("Bytes")),
    "ZtRating": event(met.RatingTold, **IDS, state=text("State"), value=whole("Value"), agent=text("Agent")),
    "ZtLimit": event(met.LimitTold, **IDS, how=text("How")),
    "ZtSticky": event(met.KeptTold, **IDS, queue=text("Queue"), agent=text("Agent"), state=text("State")),
    "ZtRoom": event(rooms.Walked, **IDS, room=text("Room"), place=text("Place"), role=text("Role")),
    "ZtConsult": event(rooms.ConsultTold, **IDS, room=text("Room"), number=text("Number"), status=text("Status")),
    "ZtRequeue": event(rooms.Requeued, **IDS, room=text("Room")),
    "ZtSpy": event(by_us.SpyTold, **IDS, mode=text("Mode"), agent=text("Agent"), spied=need("Spied")),
    "ZtSent": event(by_us.CallerSent, **IDS, by=text("By"), to=text("To")),
}
"""By the name of the UserEvent."""
