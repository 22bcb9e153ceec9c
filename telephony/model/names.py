"""What the names of channels and contexts tell. The contract is dialplans/README.md: a phone's endpoint is named by
its agent's number, a trunk's ``trunk-<name>``, and a trunk's calls arrive in context ``zt-in-<name>``."""

from telephony.model.terms import Role

_IN = "zt-in-"
_SERVICES = ("Local/", "CBAnn/", "CBRec/", "Message/", "Recorder/", "Announcer/", "Surrogate/", "Bridge/", "Snoop/")
TRUNK = "trunk-"


def party_of(channel_name: str) -> str:
    """The endpoint: ``PJSIP/1001-0000002a`` → ``1001``."""
    return channel_name.partition("/")[2].rpartition("-")[0] or channel_name


def role_of(channel_name: str) -> Role:
    """What a channel can be told to be by its name alone; queue events may know better later."""
    return Role.SERVICE if channel_name.startswith(_SERVICES) else Role.TARGET


def trunk_of_context(context: str) -> str:
    """The trunk whose calls arrive in this context, or an empty string."""
    return context[len(_IN) :] if context.startswith(_IN) else ""
