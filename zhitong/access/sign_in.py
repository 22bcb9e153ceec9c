"""Signing in: name and password for a token; a new password; the end of a sign-in. Each on record before it is done."""

from typing import Protocol

import msgspec
import structlog

from telephony.model.ids import MemberName, QueueName
from zhitong.access.accounts import Account, checked_password, may_be_an_account, normal_password
from zhitong.access.lockout import Lockout
from zhitong.access.passwords import Passwords
from zhitong.access.refused import Cause, PasswordExpired, PasswordRefused, SignInRefused, TokenRefused
from zhitong.access.roles import Principal
from zhitong.access.standings import Kept
from zhitong.access.store import AccountStore, Alter, Known
from zhitong.access.tokens import Issued, Tokens, sign_in_of

log = structlog.get_logger(__name__)


class Noting(Protocol):
    """``AuditLog``."""

    async def note(self, by: str, deed: str, **details: object) -> None:
        """On record when this returns. Raises AuditError."""
        ...


class Directory(Protocol):
    """Who of the accounts' people are agents now, and of which queues."""

    async def queues_of(self, agent: MemberName) -> frozenset[QueueName] | None:
        """None: the number is nobody's any more."""
        ...


class SignIn:
    """``address``: where the request came from. Nothing that is raised tells which of name and password was wrong."""

    def __init__(
        self,
        accounts: AccountStore,
        directory: Directory,
        tokens: Tokens,
        standings: Kept,
        audit: Noting,
        *,
        passwords: Passwords,
        lockout: Lockout | None = None,
    ) -> None:
        self._accounts, self._directory, self._tokens, self._standings = accounts, directory, tokens, standings
        self._audit, self._passwords, self._lockout = audit, passwords, lockout or Lockout()

    async def token(self, name: str, password: str, address: str) -> Issued:
        """Raises SignInRefused, PasswordExpired (a new one is to be chosen first), AuditError, StoreError."""
        known = await self._proven(name, password, address)
        if known.account.must_change:
            raise PasswordExpired
        if self._passwords.is_dated(known.hashed):
            hashed = await self._passwords.hash(normal_password(password))
            await self._accounts.change(name, _same(known.account), hashed=hashed, end_tokens=False)
        return await self._let_in(known.account, address, "sign in")

    async def new_password(self, name: str, password: str, new: str, address: str) -> Issued:
        """Change one's own. All tokens there were are void. Raises as ``token``, and AccessError for a new password
        that will not do."""
        known = await self._proven(name, password, address)
        plain = checked_password(name, new)
        if plain == normal_password(password):
            raise PasswordRefused("The new password is the old one.")
        hashed = await self._passwords.hash(plain)
        await self._audit.note(name, "password changed", address=address)
        account = await self._accounts.change(name, _chosen(known.account), hashed=hashed)
        self._standings.forget()
        return await self._let_in(account, address, "sign in")

    async def refresh(self, token: str | None) -> Issued:
        """A token for another while. Raises TokenRefused, StoreError."""
        principal = await self._tokens.verify(token)
        known = await self._accounts.get(principal.account)
        if known is None or known.account.generation != principal.generation:
            raise TokenRefused(Cause.REVOKED)
        if known.account.disabled:
            raise TokenRefused(Cause.DISABLED)
        queues = await self._own_queues(known.account)
        if queues is None:
            raise TokenRefused(Cause.REVOKED)
        return await self._tokens.refresh(token or "", known.account, queues)

    async def revoke(self, token: str | None, address: str) -> None:
        """End this sign-in with all its tokens. Raises TokenRefused, AuditError, StoreError."""
        principal = await self._tokens.verify(token)
        await self._audit.note(principal.account, "sign out", address=address, sign_in=sign_in_of(principal.token_id))
        await self.end(principal)

    async def end(self, principal: Principal) -> None:
        """End the sign-in of a token without noting it: for who has noted it already. Raises StoreError."""
        await self._accounts.revoke(sign_in_of(principal.token_id), self._tokens.session_end())
        self._standings.forget()

    async def _proven(self, name: str, password: str, address: str) -> Known:
        """The account whose password was given, and that may be used. Raises SignInRefused or NotNow."""
        self._lockout.begin(name, address)
        try:
            known = await self._accounts.get(name) if may_be_an_account(name) else None
            fits = await self._passwords.fits(normal_password(password), known.hashed if known else None)
        except BaseException:
            self._lockout.withdrawn(name, address)
            raise
        if known is None or not fits or known.account.disabled:
            await self._refuse(known, name, address, fits=fits)
            raise SignInRefused
        self._lockout.succeeded(name, address)
        return known

    async def _refuse(self, known: Known | None, name: str, address: str, *, fits: bool) -> None:
        """A name that is no account's is not kept: people type their passwords there."""
        shown = known.account.name if known else "?"
        log.warning("sign-in refused", account=shown, address=address, disabled=fits)
        if self._lockout.failed(name, address):
            await self._audit.note(shown, "sign in locked", address=address)

    async def _let_in(self, account: Account, address: str, deed: str) -> Issued:
        queues = await self._own_queues(account)
        if queues is None:
            log.warning("sign-in refused: no agent any more", account=account.name)
            raise SignInRefused
        issued = await self._tokens.issue(account, queues)
        await self._audit.note(account.name, deed, address=address, sign_in=sign_in_of(issued.principal.token_id))
        return issued

    async def _own_queues(self, account: Account) -> frozenset[QueueName] | None:
        if account.agent is None:
            return frozenset()
        return await self._directory.queues_of(account.agent)


def _same(seen: Account) -> Alter:
    """As it is, unless somebody changed it since it was looked at."""

    def alter(now: Account) -> Account:
        if now != seen:
            raise SignInRefused
        return now

    return alter


def _chosen(seen: Account) -> Alter:
    """With a password of its owner's choice, unless somebody changed it since it was looked at."""
    return lambda now: msgspec.structs.replace(_same(seen)(now), must_change=False)
