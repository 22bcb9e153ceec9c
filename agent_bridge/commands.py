"""What a desktop asks to be done: may they, whom does it concern, is it on record; then the door."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Coroutine
from functools import partial
from typing import Any, NamedTuple

import msgspec
import structlog

from agent_bridge.desktop import Desktop
from agent_bridge.ports import Audit
from agent_bridge.shelf import Item, Shelf
from agent_bridge.views import citizen_of, sees
from agent_bridge.wire import messages, params
from agent_bridge.wire.envelope import encode
from agent_bridge.wire.errors import Code, Data, Wrong
from agent_bridge.wire.methods import Method
from telephony.control.commands import Answer, Reason, Taken
from telephony.control.commands import Request as Asked
from telephony.control.port import Orders
from telephony.errors import ZhitongError
from telephony.live.documents import CallDocument
from telephony.masking import mask_number
from zhitong.access.roles import Principal

log = structlog.get_logger(__name__)

_NO_PHONE = (
    "This account has no agent's number, so it has no phone and no calls. Who supervises with a phone is an agent of "
    "the directory whose account has the role: `zhitong agents add`, then `zhitong accounts role NUMBER supervisor`."
)
KEYS = 10_000
"""Remembered, each with what it was given for. The door remembers the answers."""
_SECRET = frozenset({"key", "deadline_s", "text"})


class _Passed(NamedTuple):
    """An order that may be carried out: what its key was given for, the order with the number it is about, and its
    being put on record."""

    meant: bytes
    asked: Any
    noted: "asyncio.Task[None]"


class Commands:
    """``shelf`` tells whom an order concerns."""

    def __init__(self, orders: Orders, audit: Audit, shelf: Shelf) -> None:
        self._orders = orders
        self._audit = audit
        self._shelf = shelf
        self._keys: OrderedDict[str, _Passed] = OrderedDict()

    async def carry_out(self, desktop: Desktop, method: Method, asked: params.Order) -> msgspec.Struct:
        """The result. Raises Wrong."""
        who = desktop.who
        check_right(who, method)
        if isinstance(asked, params.Reveal):
            return await self._reveal(who, method, asked)
        key, meant = self._key(who, method, asked)
        passed = self._known(key, meant)
        if passed is None:
            numbered = self._numbered(who, asked)
            self._concerned(who, method, numbered)
            passed = self._let_through(key, meant, numbered, self._note(who, method, numbered))
        await asyncio.shield(passed.noted)  # of one given twice, both wait until it is on record
        assert method.order is not None  # only what gateways answer themselves has none
        order = method.order(passed.asked, who)
        return _done(await self._orders.handle(Asked(key, order, asked.deadline_s)), method)

    def _concerned(self, who: Principal, method: Method, asked: params.Order) -> None:
        if "own" in method.concerns and who.agent is None:
            raise refused(Reason.NOT_ALLOWED, _NO_PHONE)
        if "agent" in method.concerns:
            self._visible(who, f"agent/{getattr(asked, 'agent', '')}", Reason.UNKNOWN_AGENT, "agent")
        if "call" in method.concerns or "part" in method.concerns:
            item = self._visible(who, f"call/{getattr(asked, 'call', '')}", Reason.UNKNOWN_CALL, "call")
            if "part" in method.concerns and who.agent not in item.audience.members:
                raise refused(Reason.WRONG_STATE, "call: you take no part in it.", "call")

    def _visible(self, who: Principal, key: str, reason: Reason, field: str) -> Item:
        """What they may not see is to them as if it were not."""
        item = self._shelf.items.get(key)
        if item is None or not sees(who, item.kind, item.audience):
            what = "live call" if field == "call" else "agent"
            raise refused(reason, f"{field}: there is no such {what} that you may see.", field)
        return item

    def _numbered(self, who: Principal, asked: Any) -> Any:
        """With the number that is meant, where a call was named in its place: supervisors see it masked."""
        if isinstance(asked, params.StateOf) and (asked.state == "paused") != bool(asked.reason):
            raise invalid("reason", "goes with the state paused, and with no other")
        if not isinstance(asked, params.LimitTo | params.Lift):
            return asked
        if (asked.call is None) == (asked.number is None):
            raise invalid("number", "give either a call or a number")
        if asked.call is None:
            return asked
        item = self._visible(who, f"call/{asked.call}", Reason.UNKNOWN_CALL, "call")
        assert isinstance(item.document, CallDocument)  # by its key
        return msgspec.structs.replace(asked, number=citizen_of(item.document)[0])

    def _key(self, who: Principal, method: Method, asked: params.Order) -> tuple[str, bytes]:
        """The door's key (nobody comes upon another account's orders by using the same), and what it is given for."""
        account = hashlib.blake2b(who.account.encode(), digest_size=8).hexdigest()
        meant = hashlib.blake2b(method.name.encode() + b"\0" + encode(asked), digest_size=8).digest()
        return f"desk:{account}:{asked.key}", meant

    def _known(self, key: str, meant: bytes) -> "_Passed | None":
        """What was let through under this key before; then the door answers as it did. Raises Wrong for another order's
        key."""
        passed = self._keys.get(key)
        if passed is not None and passed.meant != meant:
            raise invalid("key", "was used for another order; take a new one for each")
        return passed

    def _let_through(self, key: str, meant: bytes, asked: Any, noting: Coroutine[Any, Any, None]) -> "_Passed":
        """Remembered, unless it cannot be put on record: then nothing was done, and it may be asked anew."""
        passed = self._keys[key] = _Passed(meant, asked, asyncio.create_task(noting))
        passed.noted.add_done_callback(partial(self._noted, key, passed))
        if len(self._keys) > KEYS:
            self._keys.popitem(last=False)
        return passed

    def _noted(self, key: str, passed: "_Passed", noted: "asyncio.Task[None]") -> None:
        failed = noted.cancelled() or noted.exception() is not None
        if failed and self._keys.get(key) is passed:
            del self._keys[key]

    async def _reveal(self, who: Principal, method: Method, asked: params.Reveal) -> msgspec.Struct:
        item = self._visible(who, f"call/{asked.call}", Reason.UNKNOWN_CALL, "call")
        assert isinstance(item.document, CallDocument)  # by its key
        await self._note(who, method, asked)
        number, name = citizen_of(item.document)
        return messages.Revealed(number=number, name=name)

    async def _note(self, who: Principal, method: Method, asked: params.Order) -> None:
        """Have it on the audit log before anything is sent; what cannot be put there is not done."""
        try:
            await self._audit.note(who.account, method.name, **_details(asked))
        except ZhitongError as error:
            log.warning("an order was refused: the audit log cannot be written", deed=method.name, why=str(error))
            raise refused(Reason.UNAVAILABLE, "The audit log cannot be written, so nothing was done.") from error


def check_right(who: Principal, method: Method) -> None:
    """Raises Wrong where their role has not the right that the method needs."""
    if method.right is not None and not who.may(method.right):
        data = Data(reason=Reason.NOT_ALLOWED, right=method.right.value)
        raise Wrong(Code.NO_RIGHT, f"{method.name} needs the right {method.right.value}.", data)


def _details(asked: msgspec.Struct) -> dict[str, str]:
    """What an order says, for the audit log: numbers masked, no text that somebody wrote of a citizen."""
    found = {}
    for name, value in msgspec.structs.asdict(asked).items():
        if name in _SECRET or value in (None, "", ()):
            continue
        words = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        found[name] = mask_number(words) if name in ("number", "to") else words
    return found


def _done(answer: Answer, method: Method) -> messages.Done:
    if answer.taken is Taken.ACCEPTED:
        return messages.Done(seen=answer.seen, attempt=answer.attempt, call=answer.call, invite=answer.invite)
    if answer.taken is Taken.UNKNOWN:
        raise Wrong(Code.OUTCOME_UNKNOWN, answer.why)
    field = answer.why.partition(":")[0]
    named = field if field in method.params.__struct_fields__ else ""
    raise refused(answer.reason, answer.why, named)


def refused(reason: Reason, why: str, field: str = "") -> Wrong:
    """The order is not carried out."""
    return Wrong(Code.REFUSED, why, Data(reason=reason, field=field))


def invalid(field: str, why: str) -> Wrong:
    """A parameter cannot be as it is."""
    return Wrong(Code.INVALID_PARAMS, f"{field}: {why}.", Data(reason=Reason.BAD_VALUE, field=field))
