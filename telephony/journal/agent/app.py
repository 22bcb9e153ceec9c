"""The journal agent's pages (``telephony.journal.wire``): who asks, what for, and the answer. It changes nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import msgspec
import structlog
from aiohttp import web

from telephony.journal.agent.guard import Failures, Guard, Pace
from telephony.journal.agent.shelf import Shelf
from telephony.journal.errors import JournalUnreadable
from telephony.journal.files import ALL_PATHS, FileGone
from telephony.journal.wire import GONE, PIECE, ROOT, TAKEN, VERSION, About, Opened, Refusal

MOST_AT_ONCE = 4
"""Requests that are being answered; one more is refused with 503. A bridge has one."""
MAX_OFFSET = 1 << 60
_TIDY_S = 60.0
_BODY = 1024  # bytes; no request has one

log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class App:
    """``make`` gives the aiohttp application."""

    def __init__(self, shelf: Shelf, guard: Guard) -> None:
        self._shelf, self._guard = shelf, guard
        self._failures, self._pace = Failures(), Pace()
        self._at_once = 0

    def make(self) -> web.Application:
        """To be served over TLS; the shelf is closed with it."""

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._admit(request, handler)

        app = web.Application(middlewares=[guarded], client_max_size=_BODY)
        app.router.add_get(ROOT, self._about, allow_head=False)
        app.router.add_get(ROOT + "/logs/{log}", self._list, allow_head=False)
        app.router.add_post(ROOT + "/logs/{log}/open", self._open)
        app.router.add_get(ROOT + "/files/{file}", self._read, allow_head=False)
        app.cleanup_ctx.append(self._tidying)
        app.on_response_prepare.append(_anonymous)
        return app

    async def _tidying(self, _app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(self._tidy())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(self._shelf.close)

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(_TIDY_S)
            await asyncio.to_thread(self._shelf.tidy)

    # --- who asks -----------------------------------------------------------------------------------------

    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._guard.knows(request.headers.get("Authorization", "")):
            return self._unknown(request)
        if self._at_once >= MOST_AT_ONCE:
            return _refusal(503, "too many requests at once")
        with self._counted():
            await self._pace.turn()
            return await _answered(request, handler)

    def _unknown(self, request: web.Request) -> web.Response:
        if self._failures.too_many():
            return _refusal(429, "too many wrong tokens")
        log.warning("refused: no token of ours", peer=request.remote)
        return _refusal(401, "this needs the agent's token")

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._at_once += 1
        try:
            yield
        finally:
            self._at_once -= 1

    # --- what for -----------------------------------------------------------------------------------------

    async def _about(self, _request: web.Request) -> web.Response:
        return _json(About(VERSION, await asyncio.to_thread(self._shelf.state)))

    async def _list(self, request: web.Request) -> web.Response:
        return _json(await asyncio.to_thread(self._shelf.list, _log_of(request)))

    async def _open(self, request: web.Request) -> web.Response:
        name, inode = request.query.get("name", ""), _number(request, "inode", 0, 1 << 64)
        handle = await asyncio.to_thread(self._shelf.open, _log_of(request), name, inode)
        return _refusal(TAKEN, "no such file (any more)") if handle is None else _json(Opened(handle))

    async def _read(self, request: web.Request) -> web.Response:
        offset, size = _number(request, "offset", 0, MAX_OFFSET), _number(request, "size", 1, PIECE)
        try:
            reading = await asyncio.to_thread(self._shelf.read, request.match_info["file"], offset, size)
        except FileGone:
            return _refusal(GONE, "this file is not open (any more)")
        return web.Response(body=msgspec.msgpack.encode(reading), content_type="application/msgpack")


def _log_of(request: web.Request) -> str:
    which = request.match_info["log"]
    if which not in ALL_PATHS:
        raise web.HTTPNotFound(reason=f"no such log: {', '.join(ALL_PATHS)}")
    return which


def _number(request: web.Request, key: str, least: int, most: int) -> int:
    text = request.query.get(key, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise web.HTTPBadRequest(reason=f"{key}: a whole number from {least} to {most}")
    return int(text)


# --- answers ----------------------------------------------------------------------------------------------


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except JournalUnreadable as error:
        return _refusal(503, str(error))
    except web.HTTPException as error:
        return _refusal(error.status, error.reason)
    except Exception:  # a bug of ours must not end the agent, nor show itself to whoever asks
        log.exception("a request failed", path=request.path)
        return _refusal(500, "the agent failed; its log says why")


def _json(answer: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(answer), status=status, content_type="application/json")


def _refusal(status: int, words: str) -> web.Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    response = _json(Refusal(words), status)
    response.headers.update(headers)
    return response


async def _anonymous(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "zhitong"
