"""Tokens: whose they are, and every way in which they hold no longer. Clocks are moved by hand."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import jwt
import msgspec
import pytest

from telephony.errors import StoreError
from telephony.model.ids import MemberName, QueueName
from zhitong.access.accounts import Account
from zhitong.access.keys import FixedKeys
from zhitong.access.refused import Cause, TokenRefused
from zhitong.access.roles import Principal, Role
from zhitong.access.standings import FRESH_S, Kept, Unlisted
from zhitong.access.store import Standing
from zhitong.access.tokens import LEEWAY_S, LIFE_S, SESSION_S, Tokens, sign_in_of

KEY, OTHER_KEY = "a" * 32, "b" * 32
LI = Account("1001", Role.LEAD, MemberName("1001"), frozenset({QueueName("policy")}), must_change=False, generation=7)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Register:
    """Whose tokens hold, as the test says; it can be away."""

    def __init__(self, *accounts: Account) -> None:
        self.says = Standing({each.name: each.generation for each in accounts})
        self.away, self.asked = False, 0

    async def standing(self) -> Standing:
        self.asked += 1
        if self.away:
            raise StoreError("away")
        return self.says


class Office:
    """Tokens of a site, with all that they stand on."""

    def __init__(self, site: str = "pbx1", keys: dict[str, str] | None = None) -> None:
        self.clock, self.register = Clock(), Register(LI)
        self.keys = keys or {"k1": KEY}
        self.standings = Kept(self.register, clock=self.clock)
        self.tokens = Tokens(site, FixedKeys(self.keys), self.standings, clock=self.clock)

    async def refused(self, token: str | None) -> Cause:
        with pytest.raises(TokenRefused) as refused:
            await self.tokens.verify(token)
        return refused.value.cause


def claims_of(token: str) -> dict[str, object]:
    """Read without our code, or a key."""
    middle = token.split(".")[1]
    found = json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    assert isinstance(found, dict)
    return found


async def test_a_token_says_who_what_and_until_when() -> None:
    office = Office()
    issued = await office.tokens.issue(LI, frozenset({QueueName("citizens")}))
    principal = await office.tokens.verify(issued.token)
    assert principal == issued.principal
    assert principal == Principal(
        "1001",
        Role.LEAD,
        MemberName("1001"),
        frozenset({QueueName("citizens"), QueueName("policy")}),
        principal.token_id,
        office.clock.now + LIFE_S,
        7,
    )
    said = claims_of(issued.token)
    assert (said["aud"], said["sub"], said["exp"]) == ("pbx1", "1001", office.clock.now + LIFE_S)
    assert jwt.get_unverified_header(issued.token)["kid"] == "k1"
    assert issued.token not in repr(issued)


async def test_a_token_ends_with_its_time_and_the_leeway() -> None:
    office = Office()
    token = (await office.tokens.issue(LI)).token
    office.clock.now += LIFE_S + LEEWAY_S - 0.5
    assert (await office.tokens.verify(token)).account == "1001"
    office.clock.now += 0.5
    assert await office.refused(token) is Cause.EXPIRED


@pytest.mark.parametrize("token", [None, ""])
async def test_no_token(token: str | None) -> None:
    assert await Office().refused(token) is Cause.NONE


def forged(token: str, **changed: object) -> str:
    """Other claims under the old signature."""
    head, _, signature = token.split(".")
    body = urlsafe_b64encode(json.dumps({**claims_of(token), **changed}).encode()).decode().rstrip("=")
    return f"{head}.{body}.{signature}"


async def test_what_is_no_token_of_ours() -> None:
    office = Office()
    good = (await office.tokens.issue(LI)).token
    claims = claims_of(good)

    def signed(key: str = KEY, kid: str = "k1", algorithm: str = "HS256", **changed: object) -> str:
        kept = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return jwt.encode(kept, key, algorithm, headers={"kid": kid})

    assert (await office.tokens.verify(signed())).account == "1001"  # the forger's tools are sound
    bad = [
        *("x", "a.b.c", "é.é.é", "\ud800", good.replace(".", "\n"), good[:-4], "a" * 5000, good + "." + good),
        forged(good, role="supervisor"),
        *(signed(key=OTHER_KEY), signed(kid="k2"), signed(kid="")),
        signed(key="", algorithm="none"),
        *(signed(aud="pbx2"), signed(iss="somebody"), signed(aud=None), signed(iss=None)),
        *(signed(exp=None), signed(jti=None), signed(gen=None), signed(role="king"), signed(exp="soon")),
        signed(iat=office.clock.now + LEEWAY_S + 1),
    ]
    for token in bad:
        assert await office.refused(token) is Cause.MALFORMED, token
    assert await Office("pbx2").refused(good) is Cause.MALFORMED


async def test_a_new_key_signs_and_the_one_before_still_holds() -> None:
    office = Office()
    old = (await office.tokens.issue(LI)).token
    office.keys["k2"] = OTHER_KEY
    new = (await office.tokens.issue(LI)).token
    assert jwt.get_unverified_header(new)["kid"] == "k2"
    assert [(await office.tokens.verify(token)).account for token in (old, new)] == ["1001", "1001"]
    del office.keys["k1"]
    assert await office.refused(old) is Cause.MALFORMED
    assert (await office.tokens.verify(new)).account == "1001"


async def test_what_ends_tokens_before_their_time() -> None:
    office = Office()
    one, two = await office.tokens.issue(LI), await office.tokens.issue(LI)
    await office.tokens.verify(one.token)
    ways = {
        Cause.DISABLED: Standing({"1001": -1}),
        Cause.REVOKED: Standing({"1001": 8}),
    }
    for cause, says in ways.items():
        office.register.says = says
        assert (await office.tokens.verify(one.token)).account == "1001", "known for as long as the answer is fresh"
        office.clock.now += FRESH_S
        assert await office.refused(one.token) is cause
        with pytest.raises(TokenRefused):
            await office.tokens.still(one.principal)
        office.register.says = Standing({"1001": 7})
        office.clock.now += FRESH_S
        await office.tokens.still(one.principal)
    office.register.says = Standing({"1001": 7}, frozenset({sign_in_of(one.principal.token_id)}))
    office.standings.forget()
    assert await office.refused(one.token) is Cause.REVOKED
    assert (await office.tokens.verify(two.token)).account == "1001", "another sign-in of theirs goes on"
    office.register.says = Standing({})
    office.standings.forget()
    assert await office.refused(two.token) is Cause.REVOKED


async def test_a_refreshed_token_is_of_the_same_sign_in_and_ends_with_it() -> None:
    office = Office()
    first = await office.tokens.issue(LI)
    office.clock.now += LIFE_S / 2
    second = await office.tokens.refresh(first.token, LI)
    assert second.principal.expires_at == office.clock.now + LIFE_S
    assert second.principal.token_id != first.principal.token_id
    assert sign_in_of(second.principal.token_id) == sign_in_of(first.principal.token_id)
    office.register.says = Standing({"1001": 7}, frozenset({sign_in_of(first.principal.token_id)}))
    office.standings.forget()
    assert await office.refused(second.token) is Cause.REVOKED


async def test_who_gave_the_password_a_shift_ago_gives_it_again() -> None:
    office = Office()
    issued, start, refreshed = await office.tokens.issue(LI), office.clock.now, 0
    with pytest.raises(TokenRefused) as refused:
        while True:
            office.clock.now += LIFE_S - 1
            issued = await office.tokens.refresh(issued.token, LI)
            refreshed += 1
    assert refused.value.cause is Cause.EXPIRED
    assert start + SESSION_S <= office.clock.now < start + SESSION_S + LIFE_S
    assert refreshed == int(SESSION_S / (LIFE_S - 1))


async def test_a_register_that_is_away_ends_nobodys_work_and_lets_nobody_new_in() -> None:
    office = Office()
    token = (await office.tokens.issue(LI)).token
    office.register.away = True
    assert await office.refused(token) is Cause.UNKNOWABLE
    office.register.away = False
    office.clock.now += FRESH_S
    assert (await office.tokens.verify(token)).account == "1001"
    office.register.away = True
    office.clock.now += 600
    assert (await office.tokens.verify(token)).account == "1001"


async def test_many_tokens_are_one_question() -> None:
    office = Office()
    token = (await office.tokens.issue(LI)).token
    for _ in range(100):
        await office.tokens.verify(token)
    assert office.register.asked == 1


async def test_a_gateway_that_reaches_no_register_goes_by_the_signature() -> None:
    office = Office()
    token = (await office.tokens.issue(LI)).token
    apart = Tokens("pbx1", FixedKeys(office.keys), Unlisted(), clock=office.clock)
    assert (await apart.verify(token)).account == "1001"


async def test_an_accounts_role_and_queues_are_those_of_the_token() -> None:
    office = Office()
    auditor = msgspec.structs.replace(LI, role=Role.AUDITOR, agent=None, queues=frozenset())
    principal = await office.tokens.verify((await office.tokens.issue(auditor)).token)
    assert (principal.role, principal.agent, principal.queues) == (Role.AUDITOR, None, frozenset())
