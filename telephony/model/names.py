"""What the names of channels and contexts tell. The contract is dialplans/README.md: a phone's endpoint is named by
its agent's number, a trunk's ``trunk-<name>``, and a trunk's calls arrive in context ``zt-in-<name>``."""

from telephony.model.terms import Role

_IN = "zt-in-"
_SERVICES = ("Local/", "CBAnn/", "CBRec/", "Message/", "Recorder/", "Announcer/", "Surrogate/", "Bridge/", "Snoop/")
_TRUNK = "trunk-"
_LINES = "zt-invite"
_SERVICE, _TARGET = Role.SERVICE, Role.TARGET
_WATCHERS = ("Local/run@zt-wrapup-", "OutgoingSpoolFailed")


def party_of(channel_name: str) -> str:
    """The endpoint: ``PJSIP/1001-0000002a`` → ``1001``."""
    return channel_name.partition("/")[2].rpartition("-")[0] or channel_name


def dialled_of(channel_name: str) -> str:
    """The number that a Local channel dials: ``Local/1005@zt-transfer-00000001;1`` → ``1005``."""
    return party_of(channel_name).partition("@")[0]


def room_of_line(channel_name: str) -> str:
    """The room to which this channel invites (``Local/pbx-17.5@zt-invite-00000001;2`` → ``pbx-17.5``), or an empty
    string: it is no line."""
    if _LINES not in channel_name:
        return ""
    room, _, context = party_of(channel_name).partition("@")
    return room if context == _LINES else ""


def role_of(channel_name: str) -> Role:
    """What a channel can be told to be by its name alone; queue events may know better later."""
    return _SERVICE if channel_name.startswith(_SERVICES) else _TARGET


def is_watcher(channel_name: str) -> bool:
    """Whether it is the channel that watches over wrap-ups (context ``zt-wrapup``), or the one that Asterisk makes when
    a line that it began has ended (pbx.c, ``ast_pbx_outgoing_exten``): they are nobody's and of no call."""
    return channel_name.startswith(_WATCHERS)


def is_way_in(context: str) -> bool:
    """Whether calls from outside arrive in this context."""
    return context.startswith(_IN)


def trunk_of_endpoint(endpoint: str) -> str:
    """The trunk whose endpoint this is (``PJSIP/trunk-carrier`` → ``carrier``), or an empty string."""
    name = endpoint.partition("/")[2]
    return name[len(_TRUNK) :] if name.startswith(_TRUNK) else ""


def trunk_of(channel_name: str) -> str:
    """The trunk this channel belongs to (``PJSIP/trunk-carrier-00000001`` → ``carrier``), or an empty string."""
    if _TRUNK not in channel_name:
        return ""
    party = party_of(channel_name)
    return party[len(_TRUNK) :] if party.startswith(_TRUNK) else ""
