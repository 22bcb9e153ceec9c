"""An account: what somebody signs in with. Pure."""

import re
import unicodedata

import msgspec

from telephony.errors import AccessError
from telephony.model.ids import MemberName, QueueName
from zhitong.access.refused import PasswordRefused
from zhitong.access.roles import Role

MIN_PASSWORD, MAX_PASSWORD = 10, 128
"""Characters. NIST SP 800-63B-4 §3.1.1.2 asks for length, and for no rules of composition; argon2 takes any."""

ALL_QUEUES = QueueName("*")
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_NUMBER = re.compile(r"[0-9]{2,15}")
_QUEUE = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_FOR_AGENTS = frozenset({Role.AGENT, Role.LEAD, Role.SUPERVISOR})


class Account(msgspec.Struct, frozen=True):
    """``name``: of an agent, their number. ``queues``: those they may see, beside their own as an agent; ``*`` stands
    for all. ``generation``: of their tokens; whenever all of these end it grows, and it never begins twice alike."""

    name: str
    role: Role
    agent: MemberName | None = None
    queues: frozenset[QueueName] = frozenset()
    disabled: bool = False
    must_change: bool = True
    generation: int = 0


def checked_account(name: str) -> str:
    """The name of an account of somebody who is no agent. Raises AccessError."""
    if not _NAME.fullmatch(name):
        raise AccessError(
            f"{name!r} cannot be an account's name: write 2 to 32 of a-z 0-9 . _ -, a letter first. Agents' accounts "
            "have their numbers for names: `zhitong accounts issue`."
        )
    return name


def may_be_an_account(name: str) -> bool:
    """Whether there can be an account of this name at all."""
    return bool(_NAME.fullmatch(name) or _NUMBER.fullmatch(name))


def checked_role(role: Role, agent: MemberName | None) -> Role:
    """An agent may be lead or supervisor beside; whoever audits, runs or integrates takes no calls.

    Raises AccessError."""
    if agent is not None and role not in _FOR_AGENTS:
        raise AccessError(f"An agent's role is agent, lead or supervisor. Make an account of its own for {role.value}.")
    if agent is None and role is Role.AGENT:
        raise AccessError("Who is to be an agent must be one of the directory: `zhitong agents add`.")
    return role


def checked_seen(names: list[str], known: set[str]) -> frozenset[QueueName]:
    """The queues that may be seen. Raises AccessError for one that the site does not have."""
    for name in names:
        if not _QUEUE.fullmatch(name) or (name != ALL_QUEUES and name not in known):
            raise AccessError(f"{name!r} is no queue of this site: {', '.join(sorted(known))}; or * for all.")
    return frozenset(map(QueueName, names))


def normal_password(password: str) -> str:
    """As it is hashed and compared: NFC, so that two keyboards agree."""
    return unicodedata.normalize("NFC", password)


def checked_password(name: str, password: str) -> str:
    """A new password as it is hashed. Raises PasswordRefused that says what is wrong."""
    plain = normal_password(password)
    if not MIN_PASSWORD <= len(plain) <= MAX_PASSWORD:
        raise PasswordRefused(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.")
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in plain):
        raise PasswordRefused("A password has no control characters.")
    folded = plain.casefold()
    if name in folded or len(set(folded)) < 5 or folded in "01234567890123456789" or folded in _COMMON:
        raise PasswordRefused("That password would be guessed at once. Choose another, a sentence for instance.")
    return plain


_COMMON = frozenset(
    {
        "password12",
        "password123",
        "password1234",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "qwertyuiop",
        "admin12345",
        "zhitong12345",
    }
    | {"12345hotline", "hotline12345", "administrator", "woaini1314", "aa12345678", "abcd123456", "qwerty12345"}
)
"""Those of the usual lists that are long enough; the lock after failures is what stands against the others."""
