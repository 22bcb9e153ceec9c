"""The HTTP API of access: ``/auth/token``, ``/auth/refresh``, ``/auth/revoke``, ``/auth/password``. JSON in and out.

An error is an application/problem+json (RFC 9457) with ``type``, ``title`` and ``status``, and it never tells which of
name and password was wrong, nor whether there is such an account.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import structlog
from aiohttp import web

from telephony.errors import AuditError, ConfigError, StoreError
from zhitong.access.lockout import Pace
from zhitong.access.refused import NotNow, PasswordExpired, PasswordRefused, SignInRefused, TokenRefused
from zhitong.access.sign_in import SignIn
from zhitong.access.tokens import Issued

MAX_BODY = 4096
BODY_S = 10.0
"""How long a body may take to arrive."""
_RETRY_S = 5.0

log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Form = TypeVar("Form", bound=msgspec.Struct)
MAX_TEXT = 256


class NameAndPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``/auth/token`` is asked with."""

    account: str
    password: str


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``/auth/password`` is asked with."""

    account: str
    password: str
    new_password: str


class Given(msgspec.Struct, frozen=True):
    """A token as it is handed out. In seconds: ``expires_in``, and ``refresh_in``, when to ask for the next."""

    token: str
    token_type: str
    expires_in: int
    refresh_in: int
    account: str
    role: str
    agent: str | None
    queues: list[str]


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457. ``cause``: why a token is refused (``refused.Cause``)."""

    type: str
    title: str
    status: int
    detail: str = ""
    cause: str = ""


class AuthApi:
    """``routes`` for an aiohttp application, or ``app``, one of its own. ``clock``: epoch seconds."""

    def __init__(self, sign_in: SignIn, *, clock: Callable[[], float], pace: Pace | None = None) -> None:
        self._sign_in, self._clock, self._pace = sign_in, clock, pace or Pace()

    def app(self) -> web.Application:
        """An application with nothing but this API. What else is served with it is added with ``add_subapp`` or to its
        router, and is guarded alike: paced by address, its errors in words, nothing of it kept by caches."""

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._guard(request, handler)

        app = web.Application(middlewares=[guarded], client_max_size=MAX_BODY)
        app.add_routes(self.routes())
        app.on_response_prepare.append(_plain)
        return app

    def routes(self) -> list[web.RouteDef]:
        """The paths."""
        return [
            web.post("/auth/token", self._token),
            web.post("/auth/password", self._password),
            web.post("/auth/refresh", self._refresh),
            web.post("/auth/revoke", self._revoke),
        ]

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = await _form(request, NameAndPassword)
        return self._given(await self._sign_in.token(form.account, form.password, _peer(request)))

    async def _password(self, request: web.Request) -> web.StreamResponse:
        form = await _form(request, NewPassword)
        issued = await self._sign_in.new_password(form.account, form.password, form.new_password, _peer(request))
        return self._given(issued)

    async def _refresh(self, request: web.Request) -> web.StreamResponse:
        return self._given(await self._sign_in.refresh(bearer(request)))

    async def _revoke(self, request: web.Request) -> web.StreamResponse:
        await self._sign_in.revoke(bearer(request), _peer(request))
        return web.Response(status=204)

    def _given(self, issued: Issued) -> web.Response:
        who, left = issued.principal, max(0.0, issued.principal.expires_at - self._clock())
        given = Given(
            token=issued.token,
            token_type="Bearer",  # noqa: S106 - a scheme's name
            expires_in=int(left),
            refresh_in=int(left * 2 / 3),
            account=who.account,
            role=who.role.value,
            agent=who.agent,
            queues=sorted(who.queues),
        )
        return web.Response(body=msgspec.json.encode(given), content_type="application/json")

    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self._pace.take(_peer(request))
            return await handler(request)
        except (NotNow, SignInRefused, PasswordExpired, PasswordRefused, TokenRefused) as error:
            return _refused(error)
        except web.HTTPException as error:
            return _problem(error.status, "request", error.reason)
        except (StoreError, AuditError, ConfigError) as error:
            log.warning("a request cannot be carried out", path=request.path, reason=str(error))
            return _problem(503, "unavailable", "Not possible at present; try again.", wait_s=_RETRY_S)
        except TimeoutError:
            return _problem(408, "request", "The request took too long to arrive.")
        except Exception:  # a bug of ours must not end the server, nor show itself to whoever asks
            log.exception("a request failed", path=request.path)
            return _problem(500, "failed", "The request failed.")


def bearer(request: web.Request) -> str | None:
    """The token of an ``Authorization: Bearer …`` header (RFC 6750); None when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.casefold() == "bearer" else None


def _peer(request: web.Request) -> str:
    return request.remote or "?"


async def _form(request: web.Request, kind: type[Form]) -> Form:
    """The body as a form. Raises HTTPException in words that name the field, and never a value."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(reason="Send application/json.")
    async with asyncio.timeout(BODY_S):
        body = await request.read()
    try:
        form = msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise web.HTTPBadRequest(reason=f"Send a JSON object with {', '.join(kind.__struct_fields__)}.") from None
    for name in kind.__struct_fields__:
        if not 1 <= len(getattr(form, name)) <= MAX_TEXT:
            raise web.HTTPBadRequest(reason=f"{name}: 1 to {MAX_TEXT} characters.")
    return form


def _refused(
    error: NotNow | SignInRefused | PasswordExpired | PasswordRefused | TokenRefused,
) -> web.Response:
    if isinstance(error, NotNow):
        status, title = (503, "Too much to do; try again.") if error.busy else (429, "Too many tries; wait.")
        return _problem(status, "busy" if error.busy else "too-many", title, wait_s=error.wait_s)
    if isinstance(error, PasswordExpired):
        return _problem(403, "password-must-be-changed", str(error))
    if isinstance(error, PasswordRefused):
        return _problem(422, "password-refused", str(error))
    if isinstance(error, TokenRefused):
        return _problem(401, "token-refused", "The token is refused.", cause=error.cause.value)
    return _problem(401, "sign-in-refused", str(error))


def _problem(status: int, kind: str, title: str, *, wait_s: float | None = None, cause: str = "") -> web.Response:
    body = msgspec.json.encode(Problem(f"urn:zhitong:problem:{kind}", title, status, cause=cause))
    headers = {"Retry-After": str(max(1, math.ceil(wait_s)))} if wait_s is not None else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.Response(status=status, body=body, content_type="application/problem+json", headers=headers)


async def _plain(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "zhitong"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
