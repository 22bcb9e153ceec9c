"""The only door back to the PBX: commands in, each carried out at most once, by the handler of its kind.

A command's answer is kept for whoever asks again with the same key. What must be known over a restart is on record
before anything is sent (``telephony.control.handlers.ledger``).
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

import structlog

from telephony.control.commands import KEY_LIMIT, Answer, AnyOrder, AskStatus, Reason, Request, Taken
from telephony.control.handlers.ledger import CallsBack
from telephony.control.orders.ledger import CallBack
from telephony.control.reach import Handlers
from telephony.control.refused import CommandRefused, OutcomeUnknown
from telephony.database.faults import StoreUnavailable
from telephony.errors import (
    AmiError,
    AmiOutcomeUnknown,
    AmiUnreachable,
    LedgerError,
    RecordingError,
    StoreError,
)
from telephony.live.status import Status

log = structlog.get_logger(__name__)

REMEMBERED = 1_000
"""Answers kept for who asks again. When as many commands are under way, the next one is refused."""
DEADLINE_LIMIT_S = 60.0


class Door:
    """``handle`` never raises for what is asked. ``status`` tells how the bridge is; ``handlers`` carries out the
    orders of each kind, ``calls_back`` those that must be known over a restart."""

    def __init__(
        self,
        handlers: Handlers,
        calls_back: CallsBack | None = None,
        status: Callable[[], Status] | None = None,
    ) -> None:
        self._handlers = handlers
        self._calls_back = calls_back
        self._status = status
        self._answers: OrderedDict[str, asyncio.Task[Answer]] = OrderedDict()

    async def handle(self, request: Request) -> Answer:
        """Carry out a command, or say what became of the one with this key."""
        if not _is_key(request.key) or not 0 < request.deadline_s <= DEADLINE_LIMIT_S:
            why = "The command has no fit key or deadline."
            return Answer(request.key[:KEY_LIMIT], Taken.REFUSED, why, reason=Reason.BAD_VALUE)
        if isinstance(request.command, AskStatus):
            return self._tell(request.key)
        task = self._answers.get(request.key)
        if task is None:
            if not self._make_room():
                why = "Too many commands are under way. Try again in a moment."
                return Answer(request.key, Taken.REFUSED, why, reason=Reason.BUSY)
            task = self._answers[request.key] = asyncio.create_task(self._carry_out(request, request.command))
        return await asyncio.shield(task)  # who asked may go; what was begun is finished

    def _make_room(self) -> bool:
        for key in [key for key, task in self._answers.items() if task.done()]:
            if len(self._answers) < REMEMBERED:
                break
            del self._answers[key]
        return len(self._answers) < REMEMBERED

    def _tell(self, key: str) -> Answer:
        if self._status is None:
            return Answer(key, Taken.REFUSED, "Nobody here can tell how the service is.", reason=Reason.UNAVAILABLE)
        return Answer(key, Taken.ACCEPTED, status=self._status())

    async def _carry_out(self, request: Request, order: AnyOrder) -> Answer:
        try:
            if isinstance(order, CallBack) and self._calls_back is not None:
                return await self._calls_back.call(request, order)
            return await self._hand_over(request, order)
        except CommandRefused as error:
            return Answer(request.key, Taken.REFUSED, str(error), reason=error.reason)
        except StoreUnavailable as error:
            return Answer(request.key, Taken.REFUSED, str(error), reason=Reason.UNAVAILABLE)
        except (LedgerError, RecordingError, StoreError) as error:
            return Answer(request.key, Taken.REFUSED, str(error), reason=Reason.WRONG_STATE)
        except (AmiOutcomeUnknown, OutcomeUnknown) as error:
            return Answer(request.key, Taken.UNKNOWN, str(error))
        except AmiError as error:
            reason = Reason.UNAVAILABLE if isinstance(error, AmiUnreachable) else Reason.PBX
            return Answer(request.key, Taken.REFUSED, str(error), reason=reason)
        except Exception:
            log.exception("a command failed", key=request.key)
            return Answer(request.key, Taken.UNKNOWN, "The command failed by a fault of ours; see the service's log.")

    async def _hand_over(self, request: Request, order: AnyOrder) -> Answer:
        handler = self._handlers.get(type(order))
        if handler is None:
            raise CommandRefused(Reason.UNAVAILABLE, "Nobody here carries out such an order.")
        began = time.monotonic()
        done = await handler(order, request.deadline_s)
        took_ms = round(1_000 * (time.monotonic() - began))
        log.info("an order was carried out", order=type(order).__name__, seen=done.seen, took_ms=took_ms)
        return Answer(
            request.key, Taken.ACCEPTED, seen=done.seen, attempt=done.attempt, call=done.call, invite=done.invite
        )


def _is_key(key: str) -> bool:
    return 0 < len(key) <= KEY_LIMIT and key.isascii() and key.isprintable()
