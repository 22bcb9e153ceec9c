"""Short-lived tokens: who signed in carries one, and it is verified without asking anybody.

A token is a JWT (RFC 7519) signed with HS256. ``kid`` names the key, so that keys can be changed while tokens of the
one before still hold. ``jti`` is ``<sign-in>.<token>``: a refreshed token keeps the sign-in's part, and with the
sign-in all its tokens end. ``gen`` is the generation of the account's tokens: a new password, another role or a
disabled account begins another one.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import msgspec
from jwt.types import Options

from telephony.errors import ConfigError
from telephony.model.ids import MemberName, QueueName
from zhitong.access.accounts import Account
from zhitong.access.keys import Keys
from zhitong.access.refused import Cause, TokenRefused
from zhitong.access.roles import Principal, Role
from zhitong.access.standings import Standings

LIFE_S = 15 * 60.0
SESSION_S = 12 * 3600.0
"""From the password on, a token may be refreshed for so long: a shift."""
LEEWAY_S = 10.0
"""By how much the clocks of two machines may differ."""
MAX_CHARS = 4096

_ALGORITHM = "HS256"
_ISSUER = "zhitong"


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says. Times in epoch seconds; ``auth_time``: when the password was given."""

    iss: str
    aud: str
    sub: str
    jti: str
    iat: float
    exp: float
    auth_time: float
    gen: int
    role: Role
    agent: MemberName | None = None
    queues: tuple[QueueName, ...] = ()


class Issued(msgspec.Struct, frozen=True):
    """A token, and whose. Its repr does not show it."""

    token: str
    principal: Principal

    def __repr__(self) -> str:
        return f"Issued({self.principal!r})"


def sign_in_of(token_id: str) -> str:
    """The part of a token's id that all tokens of one sign-in share."""
    return token_id.partition(".")[0]


class Tokens:
    """Tokens of one site. ``clock``: epoch seconds."""

    def __init__(
        self,
        site: str,
        keys: Keys,
        standings: Standings,
        *,
        life_s: float = LIFE_S,
        session_s: float = SESSION_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._site, self._keys, self._standings = site, keys, standings
        self._life_s, self._session_s, self._clock = life_s, session_s, clock

    async def issue(self, account: Account, queues: frozenset[QueueName] = frozenset()) -> Issued:
        """A token for who has shown that the account is theirs. ``queues``: their own as an agent."""
        return await self._issue(account, queues, secrets.token_urlsafe(12).replace(".", "_"), self._clock())

    async def refresh(self, token: str, account: Account, queues: frozenset[QueueName] = frozenset()) -> Issued:
        """Another token of the same sign-in, for the account as it is now. Raises TokenRefused: as ``verify``, and
        expired when the password was given too long ago."""
        await self.verify(token)
        claims = await self._claims(token)
        if self._clock() >= claims.auth_time + self._session_s:
            raise TokenRefused(Cause.EXPIRED, "the password was given too long ago")
        return await self._issue(account, queues, sign_in_of(claims.jti), claims.auth_time)

    async def verify(self, token: str | None) -> Principal:
        """Whose token it is. Raises TokenRefused with the cause."""
        claims = await self._claims(token)
        principal = _principal(claims)
        await self.still(principal)
        return principal

    async def still(self, principal: Principal) -> None:
        """See that what was verified once holds yet: for connections that outlive the moment. Raises TokenRefused."""
        if self._clock() >= principal.expires_at + LEEWAY_S:
            raise TokenRefused(Cause.EXPIRED)
        standing = await self._standings.current()
        if standing is None:
            return
        generation = standing.generations.get(principal.account)
        if generation == -1:
            raise TokenRefused(Cause.DISABLED)
        if generation != principal.generation or sign_in_of(principal.token_id) in standing.revoked:
            raise TokenRefused(Cause.REVOKED)

    def session_end(self) -> float:
        """By when a sign-in of this moment is over in any case, in epoch seconds."""
        return self._clock() + self._session_s + self._life_s + LEEWAY_S

    async def _issue(self, account: Account, queues: frozenset[QueueName], sign_in: str, auth_time: float) -> Issued:
        now = self._clock()
        claims = Claims(
            iss=_ISSUER,
            aud=self._site,
            sub=account.name,
            jti=f"{sign_in}.{secrets.token_urlsafe(9)}",
            iat=now,
            exp=now + self._life_s,
            auth_time=auth_time,
            gen=account.generation,
            role=account.role,
            agent=account.agent,
            queues=tuple(sorted(account.queues | queues)),
        )
        keys = await self._keys.current()
        kid = max(keys)
        token = jwt.encode(msgspec.to_builtins(claims), keys[kid], _ALGORITHM, headers={"kid": kid})
        return Issued(token, _principal(claims))

    async def _claims(self, token: str | None) -> Claims:
        if not token:
            raise TokenRefused(Cause.NONE)
        if len(token) > MAX_CHARS:
            raise TokenRefused(Cause.MALFORMED, "too long")
        try:
            keys = await self._keys.current()
        except ConfigError as error:
            raise TokenRefused(Cause.UNKNOWABLE, str(error)) from error
        try:
            claims = msgspec.convert(_opened(token, keys, self._site), Claims)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError) as error:
            raise TokenRefused(Cause.MALFORMED, type(error).__name__) from None
        if claims.iat > self._clock() + LEEWAY_S:
            raise TokenRefused(Cause.MALFORMED, "it is from the future; look at the machines' clocks")
        return claims


def _opened(token: str, keys: Mapping[str, str], site: str) -> dict[str, Any]:
    """What a token says that one of our keys signed for this site. Times are judged by our own clock, not here."""
    kid = jwt.get_unverified_header(token).get("kid")
    if not isinstance(kid, str) or kid not in keys:
        raise jwt.InvalidKeyError
    own_times: Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    return jwt.decode(token, keys[kid], algorithms=[_ALGORITHM], audience=site, issuer=_ISSUER, options=own_times)


def _principal(claims: Claims) -> Principal:
    return Principal(
        claims.sub, claims.role, claims.agent, frozenset(claims.queues), claims.jti, claims.exp, claims.gen
    )
