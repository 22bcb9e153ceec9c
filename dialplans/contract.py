"""The contract between the dialplan and the bridge, as data. ``dialplans/README.md`` shows it as tables.

The dialplan speaks by UserEvents, each with a twin row in CEL for the journal; the bridge listens. Nothing here is
a name of its own choosing elsewhere: templates, checks, the AMI user and ``zhitong doctor`` take it from this module.
"""

from typing import NamedTuple


class Context(NamedTuple):
    """A dialplan context. ``entry``: extension at which a call may be sent into it from outside the dialplan."""

    name: str
    entry: str
    what: str


class UserEvent(NamedTuple):
    """A UserEvent of the dialplan: its headers beside the channel's own, and the type and keys of its CEL twin."""

    name: str
    headers: tuple[str, ...]
    cel: str
    cel_keys: tuple[str, ...]
    when: str


CONTEXTS = (
    Context("zt-in-<trunk>", "the dialled number", "calls from that trunk"),
    Context("zt-queue-<queue>", "s", "Queue(), and its one-digit key exits"),
    Context("zt-wake", "s", "never run: for each queue, whether a caller who waits may be woken, or why not"),
    Context("zt-phone", "the dialled number", "what an agent's phone may dial"),
    Context("zt-transfer", "agent's or queue's number, queue-<queue>", "where a transfer may lead (TRANSFER_CONTEXT)"),
    Context("zt-callback", "the attempt's number", "an agent's phone that we rang to call a citizen back has answered"),
    Context("zt-out", "s", "every call that leaves over a trunk (Gosub: purpose, number, agent)"),
    Context("zt-end", "s", "the caller's hangup handler"),
    Context("zt-wrapup", "end, over, watch", "wrap-up: begins as the agent's channel ends, and is watched over"),
    Context("zt-mobiles", "s", "the duty mobiles, one after another, where the site has any"),
    Context("zt-promise", "s", "the last of every overflow: a spoken promise of a call-back. ZT_WHY says why"),
    Context("zt-spy", "listen, whisper, barge, join", "a supervisor's phone that we rang to hear a call has answered"),
    Context("zt-relieve", "s", "a supervisor's phone that we rang to take a call over has answered"),
    Context("zt-sent", "s", "a caller whom an agent sends on from a room"),
    Context("zt-room-caller", "join, requeue", "the citizen in the room; back into the queue, out of any bridge"),
    Context(
        "zt-room-agent",
        "join, side, wait, back, consult, leave",
        "an agent: in the room, aside, the same while lines ring, ringing ZT_TRIES, out",
    ),
    Context("zt-room-guest", "join, side, hold, leave", "whoever was consulted: in the room, aside, waiting, out"),
    Context("zt-room-pair", "s", "who was consulted has answered: both walk aside (Dial's G)"),
    Context("zt-invite", "the room", "a line that rings ZT_TRIES: one half of Local/<room>@zt-invite/n"),
    Context("zt-invited", "s", "whoever was invited has answered and walks; the line ends (Dial's G)"),
    Context("zt-lines", "end, aside, over", "ends lines of a room; their hangup handler"),
    Context(
        "zt-hand-over",
        "s, tries, own",
        "a caller goes through ZT_TRIES with music, or those on duty for the code ZT_TO",
    ),
    Context("zt-together", "s", "an agent's phone that we rang to call a citizen back with another has answered"),
    Context("zt-sweep", "s", "the hangup handler of everybody who was in a room"),
    Context("zt-after", "s", "where a citizen goes on whose talk the other side has ended"),
    Context("zt-menu", "s", "the baseline voice menu, when the site asks for one"),
)

USER_EVENTS = (
    UserEvent(
        "ZtEntry",
        ("Trunk", "Dialled", "Recording", "Notice"),
        "ZT_ENTRY",
        ("t", "d", "f", "n"),
        "first thing of every call from a trunk, and of a phone that dials the hotline (Trunk: internal)",
    ),
    UserEvent(
        "ZtQueueEnd",
        ("Queue", "Status", "Key"),
        "ZT_QEND",
        ("q", "s", "k"),
        "the caller left a queue and lives: QUEUESTATUS (UNKNOWN if empty), EXITKEY at a key exit",
    ),
    UserEvent(
        "ZtRefused",
        ("Trunk", "Dialled", "Reason"),
        "ZT_REFUSED",
        ("t", "r"),
        "before a call is turned away that entered no queue",
    ),
    UserEvent(
        "ZtExpect",
        ("Queue", "Minutes", "Ahead"),
        "ZT_EXPECT",
        ("q", "m", "a"),
        "before the caller is told how many minutes the wait will take, with how many ahead",
    ),
    UserEvent("ZtDuty", ("Mobile",), "ZT_DUTY", ("m",), "a duty mobile is about to be rung for the caller"),
    UserEvent(
        "ZtPromise",
        ("Why", "State"),
        "ZT_PROMISE",
        ("w", "s"),
        "nobody could take the caller: before the promise of a call-back is spoken, and once it has been heard whole",
    ),
    UserEvent(
        "ZtClosure",
        ("State", "By", "Until"),
        "ZT_CLOSURE",
        ("s", "by", "u"),
        "an agent keyed the code of the emergency closure, on the agent's channel",
    ),
    UserEvent(
        "ZtEnd",
        ("Queue", "Status", "Cause", "Source"),
        "ZT_END",
        ("q", "s", "ab", "cause", "src", "m", "pos"),
        "the caller's channel ends, whatever ended it",
    ),
    UserEvent(
        "ZtCallback",
        ("Entry", "Attempt", "Trunk", "Dialled", "Recording"),
        "ZT_CALLBACK",
        ("e", "a", "t", "d", "f"),
        "first thing of a call-back, before the citizen is called: on the agent's channel",
    ),
    UserEvent(
        "ZtOut",
        ("Purpose", "Number", "Agent", "Trunk", "Recording"),
        "ZT_OUT",
        ("p", "d", "a", "t", "f"),
        "before each try to call a number over a trunk; Recording of a call of ours only",
    ),
    UserEvent(
        "ZtOutRefused",
        ("Purpose", "Number", "Agent", "Reason"),
        "ZT_OUTREF",
        ("p", "d", "a", "r"),
        "a call over a trunk was refused: nothing left",
    ),
    UserEvent(
        "ZtRecording",
        ("State", "Bytes"),
        "ZT_REC",
        ("s", "b"),
        "the recorder of the citizen's channel: paused or resumed by an agent's key, ended with the channel",
    ),
    UserEvent(
        "ZtSpy",
        ("Mode", "Agent", "Spied"),
        "ZT_SPY",
        ("m", "a", "u"),
        "a supervisor's phone begins to hear a call, in this mode, or has `ended`: on that phone's channel",
    ),
    UserEvent(
        "ZtSent",
        ("By", "To"),
        "ZT_SENT",
        ("b", "t"),
        "an agent sends the caller on from a room: on the caller's channel",
    ),
    UserEvent(
        "ZtRoom",
        ("Room", "Place", "Role"),
        "ZT_ROOM",
        ("r", "p", "w"),
        "on the channel of whoever is about to enter a room, aside or on hold (Place) as caller, agent or guest",
    ),
    UserEvent(
        "ZtConsult",
        ("Room", "Number", "Status", "Invite", "Code", "Department", "Left"),
        "ZT_CONSULT",
        ("r", "d", "s", "i", "c", "o", "n"),
        "before each consulted party is rung (RINGING), and when it did not come, on the agent's channel",
    ),
    UserEvent(
        "ZtInvite",
        (
            *("Room", "Invite", "Line", "By", "Department", "Code", "Number"),
            *("Purpose", "Mode", "Status", "Left"),
        ),
        "ZT_INVITE",
        ("r", "i", "l", "b", "o", "c", "d", "p", "m", "s", "n"),
        "before each party that a line is to bring is rung (RINGING), and when it did not come, on the line; when it "
        "answered (ANSWER), and when another had come before (LATE), on its own channel",
    ),
    UserEvent(
        "ZtPrivate",
        ("Room", "State", "Recording", "Bytes"),
        "ZT_PRIVATE",
        ("r", "s", "f", "b"),
        "what is said apart with an agent is recorded in a file of its own from now on (began), or was (ended), on the "
        "channel of whoever is apart with them",
    ),
    UserEvent(
        "ZtRequeue",
        ("Room",),
        "ZT_REQUEUE",
        ("r",),
        "the citizen goes back into a queue, before all others",
    ),
    UserEvent(
        "ZtWrapup",
        ("Agent", "Queue", "Seconds", "Until"),
        "ZT_WRAPUP",
        ("a", "q", "s", "u"),
        "an agent's channel of a queue ends, and the wrap-up begins; Until in ms since 1970",
    ),
    UserEvent(
        "ZtNotice",
        ("How", "Language", "Length"),
        "ZT_NOTICE",
        ("h", "l", "ms"),
        "the notice begins while waiting, or whole before it and then was played (failed: Asterisk could not), or "
        "cannot be heard; Length in ms",
    ),
    UserEvent(
        "ZtLimit",
        ("How",),
        "ZT_LIMIT",
        ("h",),
        "the caller's number is limited: low-priority, one-call, refuse",
    ),
    UserEvent(
        "ZtSticky",
        ("Queue", "Agent", "State"),
        "ZT_STICKY",
        ("q", "a", "s"),
        "the phone of the agent who had the caller before is about to be rung alone (offered), or did not answer "
        "(passed)",
    ),
    UserEvent(
        "ZtRating",
        ("State", "Value", "Agent"),
        "ZT_RATING",
        ("s", "v", "a"),
        "the caller is asked for a rating of this agent, who has ended the call; or has given one, 1 to 5",
    ),
)

PROMISE_STATES = ("given", "withheld", "heard")
"""Of a ZtPromise: a call-back is promised, or cannot be since there is no number; the sentence was heard to its end."""

KEPT_LIMIT = "zt-limit-"
KEPT_BACK = "zt-back-"
"""Names of custom presence states (in AstDB, below CustomPresence), which the bridge writes ahead of time, since that
needs no more than the right `call`. ``xa,<expires>:<how>`` below the caller's kind and number (mobile-13800000001): a
limit. ``xa,<expires>:<agent>:<kind and number>`` below the last three digits: who had the caller, so that there are a
thousand of them at most. Expiry in epoch seconds."""

KEPT_LINE = "zt-sticky-"
"""And a queue's name: the line of that queue in which one agent's phone alone is rung."""

STICKY_STATES = ("offered", "passed")

LIMITS = ("low-priority", "one-call", "refuse")

RATING_STATES = ("asked", "given")

NOTICE_MUSIC = "zt-notice-"
"""Before the name of a class of music: the class that begins with the notice."""

NOTICE_STATES = ("waiting", "whole", "played", "failed", "unheard")

OUT_PURPOSES = ("call-out", "transfer", "call-back", "duty", "specialist", "emergency")
OUT_REFUSALS = ("not-allowed", "daily-limit", "no-line", "no-trunk")

RECORDING_STATES = ("paused", "resumed", "ended")

INVITE_MODES = ("room", "side", "hand-over")

ROOM_PLACES = ("room", "side", "hold")
ROOM_ROLES = ("caller", "agent", "guest")

REFUSAL_REASONS = ("closed", "unknown-number", "no-key", "capacity", "exhausted", "emergency", "limited")

CLOSURE_STATES = ("closed", "open", "denied")

CLOSURE_KEY = "zt/closure"
"""Of AstDB: until:agent:since, in epoch seconds; the hotline is closed before ``until``."""

LINES_IN, LINES_OVER, LINES_OUT, LINES_SPECIALIST = "zt-in", "zt-over", "zt-out", "zt-specialist"
"""Categories of channel groups, each with the trunk's name as group: calls let in, calls that came in and are being
turned away, calls out. All three hold a line of the trunk. Calls out to specialists
stand in one more, ``zt-specialist``. A group ends with its channel, so that nothing can leak."""

LOCK_OF_LINES = "zt-lines-"
"""And the trunk's name: held (LOCK) while its lines are counted and one is taken."""

VARIABLES = {
    "ZT_CALL": "the caller's Uniqueid; inherited by every leg of the call",
    "ZT_TRUNK": "name of the trunk, or internal",
    "ZT_DIALLED": "the number the caller dialled (0-9 A-Z a-z + * # only); of a call-back the citizen's (0-9 + only)",
    "ZT_QUEUE": "the queue entered last",
    "ZT_STATUS": "how the last wait ended; empty while waiting and after an answer",
    "ZT_SHUT": "why the call is turned away at the entry (a Reason of ZtRefused); empty: it is let in",
    "ZT_WHY": "why the caller comes to zt-promise: a status of ZtQueueEnd, a Reason of ZtRefused",
    "ZT_RECORDING": "path of the recording below the recordings folder; empty if there is none",
    "ZT_OUT_STATUS": "of a call that left: DIALSTATUS of the last try; `REFUSED` if none was made",
    "ZT_OUT_REASON": "why none was made",
    "ZT_NOTICE": "what callers are told of the recording (`[recording] notice`); empty if there is none",
    "ZT_TELL": "1 while the caller is still to be told the notice; empty if there is none, or it is over",
    "ZT_TOLD_AT": "when the notice began, in ms since 1970; empty before",
    "ZT_MOH": "the class of music of this wait, where there is a notice",
    "ZT_WHO": "who calls: kind and number, such as mobile-13800000001; empty if the number is withheld or none",
    "ZT_LIMIT": "how the caller's number is limited; empty if it is not",
    "ZT_STICKY": "1 once it was looked whether an agent had this caller before",
    "ZT_BACK": "that agent, while the phone of theirs alone rings; empty: nobody",
    "ZT_POSITION": "the caller's place in the queue, after that",
    "ZT_RATED": "1 once the caller was asked for a rating",
    "ZT_PRIVATE": "path of the recording of what is said apart, while it runs: on a guest's channel",
    "ZT_PAUSED": "1 while an agent's key has paused the recording",
    "ZT_BYTES": "at the end: how long the recording is, 0 if there is no file; empty if it never began",
    "MONITOR_FILENAME": "ZT_RECORDING as app_queue wants it: with the folder, without .wav",
    "ZT_CALLBACK": "of a call-back: its entry in the missed-call ledger; set by the bridge, as ZT_TRUNK and ZT_DIALLED",
    "ZT_ATTEMPT": "of a call-back: the number of this attempt",
    "ZT_KIND": "of a number that goes out: mobile, fixed, service, foreign or unknown; set by zt-number, as ZT_NSN",
    "ZT_NSN": "that number without what is dialled before it; empty if it is none",
    "ZT_DIAL": "that number as the trunk wants it; set by zt-format-<trunk>, as ZT_SHOWN",
    "ZT_SHOWN": "the number that the trunk shows to whom we call",
    "ZT_SPIED": "the agent's channel that a supervisor hears; set by the bridge, as ZT_SPIED_ID, its Uniqueid",
    "ZT_SPY_MODE": "how: listen, whisper, barge; ended",
    "ZT_RELIEVES": "the agent's channel that ends when a supervisor takes the call over; set by the bridge",
    "ZT_SENT_BY": "who sends a caller on from a room; set by the bridge, as ZT_SENT_PHONE and ZT_SENT_TO",
    "ZT_CALLER": "the citizen's channel, of all in a room; inherited; set by the bridge, as ZT_CALL of a call out",
    "ZT_ROLE": "caller, agent or guest: of a channel in a room; empty once it is out of it",
    "ZT_PLACE": "room, side or hold: where this channel is; side also while the consulted party is rung",
    "ZT_TO": "whom an agent consults: an agent's number or one outside; set by the bridge; then: who is rung now",
    "ZT_TRIES": "whom a line rings: number:seconds:code, joined by &; set by the bridge; what is left of it",
    "ZT_INVITE": "an invitation's id (0-9 a-z); set by the bridge, else made; as the next six, who is rung inherits it",
    "ZT_LINE": "which of its lines this is",
    "ZT_BY": "number of the agent who invites",
    "ZT_DEPARTMENT": "code of the department that is asked for; empty: none",
    "ZT_MODE": "room: whoever is invited joins at once; side: the agent waits aside",
    "ZT_FOR": "the purpose of zt-out for these tries",
    "ZT_ABOUT": "code of the topic, for the whisper; empty: none is said",
    "ZT_CODE": "the directory's code of the try that is rung now, as ZT_LEFT, how many are left after it",
    "ZT_CAME": "why that one did not come: a DIALSTATUS or a Reason of ZtOutRefused",
    "ZT_NEXT": "who is called, once an agent and whoever was asked talk, for a call of all three; set by the bridge",
    "ZT_KEYED": "1: whom to ask was keyed, so that nobody but a voice tells why they do not come; 0, set by the bridge",
    "ZT_TO_QUEUE": "the queue that the citizen is to go into; set by the bridge; empty: the one they came from",
    "TRANSFER_CONTEXT": "zt-transfer; inherited",
    "FORWARD_CONTEXT": "zt-forward, which refuses; inherited",
    "DYNAMIC_FEATURES": "what agents key in a call, beside transfers; inherited",
}

AMI_EVENTS = (
    *("Newchannel", "Newstate", "Rename", "NewCallerid", "HangupRequest", "SoftHangupRequest", "Hangup"),
    *("DialBegin", "DialEnd"),
    *("BridgeEnter", "BridgeLeave", "BridgeMerge", "BridgeDestroy", "LocalBridge"),
    *("Hold", "Unhold", "ChannelTalkingStart", "BlindTransfer", "AttendedTransfer"),
    *("MixMonitorStart", "MixMonitorStop", "MixMonitorMute", "MusicOnHoldStart", "MusicOnHoldStop"),
    *("ConfbridgeMute", "ConfbridgeUnmute"),
    *("QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon"),
    *("AgentCalled", "AgentConnect", "AgentRingNoAnswer", "AgentDump", "AgentComplete"),
    *("QueueMemberStatus", "QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPause"),
    *("QueueMemberPenalty", "QueueMemberRinginuse"),
    *("UserEvent", "OriginateResponse", "PeerStatus", "Registry", "FullyBooted", "Shutdown"),
)
"""Events the AMI user gets, and no other. Replies to actions, lists among them, are not filtered (run)."""

AMI_READ = ("system", "call", "agent", "user")
"""Classes of those events. FullyBooted and Shutdown are ``system``."""

AMI_WRITE = ("reporting", "originate", "call", "agent")
"""Classes of the actions in use: CoreStatus, CoreSettings, CoreShowChannels, ShowDialPlan, DBGetTree; Originate, for
call-backs; MixMonitorMute and PlayDTMF, for pauses of a recording; QueueAdd, QueueRemove, QueuePause and QueuePenalty,
for agents. Those of the queues' state, and Ping, need none."""

AMI_WRITE_MESSAGES = "message"
"""Besides, where `[notice] message` is on: MessageSend."""

AMI_WRITE_TALK = "system"
"""Besides, where a phone profile has `talk`: PJSIPNotify."""

CEL_EVENTS = (
    *("CHAN_START", "CHAN_END", "ANSWER", "HANGUP", "BRIDGE_ENTER", "BRIDGE_EXIT", "APP_START", "APP_END"),
    *("BLINDTRANSFER", "ATTENDEDTRANSFER", "PICKUP", "FORWARD", "PARK_START", "PARK_END", "LOCAL_OPTIMIZE"),
    *("LINKEDID_END", "USER_DEFINED"),
)

RECORD_AGAIN_KEY = "D"
"""Pressed by the bridge for the citizen (PlayDTMF, Receive): the recording begins anew, into the same file."""

RECORDING_FEATURES = (
    ("zt-pause", "peer", "pause"),
    ("zt-resume", "peer", "again"),
    ("zt-again", "self", "again"),
)
"""Name in features.conf, on whose channel it runs, extension of the dialplan's ``zt-record``."""

TRUNK_PREFIX = "trunk-"
"""A trunk's endpoint is ``trunk-<name>``, so that a leg's role can be told from its channel's name."""

INTERNAL_TRUNK = "internal"
"""ZtEntry's Trunk for a call from a phone of the site."""


def context_of_trunk(trunk: str) -> str:
    """The context that calls from this trunk enter."""
    return f"zt-in-{trunk}"


def context_of_queue(queue: str) -> str:
    """The context of this queue."""
    return f"zt-queue-{queue}"
