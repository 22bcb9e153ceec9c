"""Signing in over real HTTP, on a real database; clocks are moved by hand."""

import asyncio
import json
from pathlib import Path

import aiohttp
import msgspec
import pytest

from telephony.database.database import Database
from telephony.directory.store import AgentStore
from telephony.errors import AuditError
from tests.integration.access.conftest import PASSWORD, QUICK, Office, open_office
from tests.unit.zhitong.access.deeds import deeds, written
from zhitong.access.passwords import Passwords
from zhitong.access.refused import Cause, TokenRefused
from zhitong.access.tokens import LIFE_S, SESSION_S

NEW = "another horse battery"


async def test_a_password_gives_a_token_and_is_on_record(tmp_path: Path, database: Database) -> None:
    async with open_office(tmp_path, database) as office:
        said = await office.enter()
        assert said.status == 200
        token = said.body.pop("token")
        assert said.body == {
            "token_type": "Bearer",
            "expires_in": 900,
            "refresh_in": 600,
            "account": "1001",
            "role": "agent",
            "agent": "1001",
            "queues": ["citizens"],
        }
        principal = await office.tokens.verify(token)
        assert (principal.account, principal.sees_queue(None)) == ("1001", False)
        (deed,) = deeds(tmp_path, "serve")
        assert (deed["by"], deed["deed"], deed["address"]) == ("1001", "sign in", "127.0.0.1")
        kept = written(tmp_path, "serve")
        assert token not in kept
        assert PASSWORD not in kept


async def test_nobody_is_told_which_of_name_and_password_was_wrong(office: Office) -> None:
    await office.accounts.change("wang", lambda known: msgspec.structs.replace(known, disabled=True))
    told = [await office.enter("wrong"), await office.enter(account="nobody"), await office.enter(account="1002")]
    told += [await office.enter(account="wang"), await office.enter(account="\u0000 ' OR 1=1")]
    assert {said.status for said in told} == {401}
    assert all(said.body == told[0].body for said in told)
    assert told[0].headers["Content-Type"].startswith("application/problem+json")
    assert all({*said.headers} == {*told[0].headers} for said in told)


async def test_an_account_that_there_is_not_is_as_much_work(tmp_path: Path) -> None:
    asked: list[bool] = []

    class Watched(Passwords):
        async def fits(self, password: str, hashed: str | None) -> bool:
            asked.append(hashed is not None)
            return await super().fits(password, hashed)

    database = await Database.open(f"sqlite:///{tmp_path / 'zhitong.db'}")
    async with open_office(tmp_path, database) as office:
        office.sign_in._passwords = watched = Watched(QUICK)
        await office.enter("wrong")
        await office.enter(account="nobody")
        assert asked == [True, False]
        watched.close()
    await database.close()


async def test_who_guesses_is_locked_out_and_the_lock_ends(office: Office) -> None:
    statuses = [(await office.enter("wrong")).status for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    locked = await office.enter()
    assert locked.status == 429
    assert int(locked.headers["Retry-After"]) == 5
    assert (await office.enter(account="nobody")).status == 401, "others are not"
    for account in ("nobody",) * 4:
        await office.enter(account=account)
    unknown = await office.enter(account="nobody")
    assert (unknown.status, unknown.body) == (locked.status, locked.body), "an account that there is not locks alike"
    office.clock.now += 5
    assert (await office.enter()).status == 200
    assert [deed["by"] for deed in deeds(office.var, "serve") if deed["deed"] == "sign in locked"] == ["1001", "?"]


async def test_a_hundred_guesses_at_once_are_no_more_than_one_after_another(office: Office) -> None:
    office.clock.now += 60
    said = await asyncio.gather(*(office.enter(f"guess {each}") for each in range(50)))
    statuses = [each.status for each in said]
    assert (statuses.count(401), statuses.count(429)) == (5, 45)


async def test_a_flood_from_one_address_is_slowed_and_served_again_later(office: Office) -> None:
    statuses = [(await office.post("/auth/refresh")).status for _ in range(70)]
    assert statuses == [401] * 60 + [429] * 10
    office.clock.now += 12
    assert (await office.enter()).status == 200


async def test_a_token_expires_is_refreshed_in_time_and_not_for_ever(office: Office) -> None:
    token = first = await office.token()
    start = office.clock.now
    while office.clock.now < start + SESSION_S:
        said = await office.post("/auth/refresh", token=token)
        assert said.status == 200, said.body
        token = said.body["token"]
        office.clock.now += LIFE_S - 1
    assert (await office.post("/auth/refresh", token=first)).body["cause"] == "expired"
    over = await office.post("/auth/refresh", token=token)
    assert (over.status, over.body["cause"]) == (401, "expired")


@pytest.mark.parametrize(("token", "cause"), [(None, "none"), ("x.y.z", "malformed")])
async def test_what_is_no_token(office: Office, token: str | None, cause: str) -> None:
    for path in ("/auth/refresh", "/auth/revoke"):
        said = await office.post(path, token=token)
        assert (said.status, said.body["cause"]) == (401, cause)


async def test_signing_out_ends_every_token_of_that_sign_in_and_no_other(office: Office) -> None:
    one, two = await office.token(), await office.token()
    refreshed = (await office.post("/auth/refresh", token=one)).body["token"]
    assert (await office.post("/auth/revoke", token=one)).status == 204
    for token in (one, refreshed):
        assert (await office.post("/auth/refresh", token=token)).body["cause"] == "revoked"
    assert (await office.post("/auth/refresh", token=two)).status == 200
    assert [deed["deed"] for deed in deeds(office.var, "serve")] == ["sign in", "sign in", "sign out"]


async def cause_now(office: Office, token: str) -> Cause:
    office.clock.now += 3
    with pytest.raises(TokenRefused) as refused:
        await office.tokens.verify(token)
    return refused.value.cause


async def test_who_is_disabled_while_connected_is_out_within_seconds(office: Office) -> None:
    token = await office.token()
    principal = await office.tokens.verify(token)
    await office.accounts.change("1001", lambda known: msgspec.structs.replace(known, disabled=True))
    office.clock.now += 3
    with pytest.raises(TokenRefused) as refused:
        await office.tokens.still(principal)  # what a gateway asks of a desktop that is connected
    assert refused.value.cause is Cause.DISABLED
    assert (await office.post("/auth/refresh", token=token)).body["cause"] == "disabled"
    assert (await office.enter()).status == 401
    await office.accounts.change("1001", lambda known: msgspec.structs.replace(known, disabled=False))
    assert await cause_now(office, token) is Cause.REVOKED, "the old ones stay void"
    assert (await office.enter()).status == 200


async def test_a_reset_ends_tokens_and_a_new_password_is_chosen_first(office: Office) -> None:
    token = await office.token()
    hashed = await office.passwords.hash("one-time-password")
    await office.accounts.change("1001", lambda known: msgspec.structs.replace(known, must_change=True), hashed=hashed)
    assert await cause_now(office, token) is Cause.REVOKED
    assert (await office.enter()).status == 401
    must = await office.enter("one-time-password")
    assert (must.status, must.body["type"]) == (403, "urn:zhitong:problem:password-must-be-changed")
    form = {"account": "1001", "password": "one-time-password"}
    for bad in ("short", "one-time-password", "1001 is my number"):
        said = await office.post("/auth/password", {**form, "new_password": bad})
        assert (said.status, said.body["type"]) == (422, "urn:zhitong:problem:password-refused"), bad
    wrong = await office.post("/auth/password", {**form, "password": "wrong", "new_password": NEW})
    assert wrong.status == 401
    chosen = await office.post("/auth/password", {**form, "new_password": NEW})
    assert chosen.status == 200
    assert (await office.tokens.verify(chosen.body["token"])).account == "1001"
    assert ((await office.enter("one-time-password")).status, (await office.enter(NEW)).status) == (401, 200)
    assert NEW not in written(office.var, "serve")


async def test_ones_own_new_password_ends_the_other_desktops(office: Office) -> None:
    token = await office.token()
    form = {"account": "1001", "password": PASSWORD, "new_password": NEW}
    assert (await office.post("/auth/password", form)).status == 200
    assert await cause_now(office, token) is Cause.REVOKED


async def test_an_agent_who_is_gone_signs_in_no_more(office: Office) -> None:
    token = await office.token()
    await AgentStore(office.database).import_agents([], replace=True)
    assert (await office.enter()).status == 401
    assert (await office.post("/auth/refresh", token=token)).body["cause"] == "revoked"


async def test_a_removed_account_that_is_made_anew_does_not_take_over_old_tokens(office: Office) -> None:
    token = await office.token()
    await office.accounts.remove(["1001", "wang"])
    assert await cause_now(office, token) is Cause.REVOKED
    await office.furnish()
    assert await cause_now(office, token) is Cause.REVOKED


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[]", 400),
        ("", 400),
        ("{", 400),
        ('{"account":"1001"}', 400),
        ('{"account":1001,"password":"x"}', 400),
        ('{"account":"1001","password":"x","more":1}', 400),
        ('{"account":"","password":"x"}', 400),
        (json.dumps({"account": "1" * 257, "password": "x"}), 400),
        ('{"account":"1001","password":"\\ud800"}', 400),
        ("a" * 5000, 413),
    ],
)
async def test_what_is_no_form(office: Office, body: str, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    async with office.session.post(office.base + "/auth/token", data=body, headers=headers) as answer:
        assert answer.status == status
        assert answer.content_type == "application/problem+json"
        assert answer.headers["Cache-Control"] == "no-store"
        said = await answer.json(content_type=None)
    assert said["status"] == status
    assert said["type"] == "urn:zhitong:problem:request"


async def test_other_methods_paths_and_forms_are_refused_in_words(office: Office) -> None:
    for method, path, status in (("GET", "/auth/token", 405), ("POST", "/auth", 404), ("GET", "/", 404)):
        async with office.session.request(method, office.base + path) as answer:
            assert answer.status == status
            assert answer.content_type == "application/problem+json"
    form = aiohttp.FormData({"account": "1001", "password": PASSWORD})
    async with office.session.post(office.base + "/auth/token", data=form) as answer:
        assert answer.status == 415


async def test_what_cannot_be_put_on_record_is_not_done(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await office.token()

    async def full(*_args: object, **_details: object) -> None:
        raise AuditError("no space left")

    monkeypatch.setattr(office.audit, "note", full)
    form = {"account": "1001", "password": PASSWORD, "new_password": NEW}
    told = [await office.enter(), await office.post("/auth/password", form)]
    told.append(await office.post("/auth/revoke", token=token))
    assert [(said.status, said.headers.get("Retry-After")) for said in told] == [(503, "5")] * 3
    assert "space" not in json.dumps([said.body for said in told])
    monkeypatch.undo()
    assert (await office.tokens.verify(token)).account == "1001"
    assert (await office.enter()).status == 200


async def test_a_database_that_is_away_lets_nobody_in_and_nobody_is_locked_out_for_it(office: Office) -> None:
    token = await office.token()
    await office.tokens.verify(token)
    file = office.var / "zhitong.db"
    file.rename(file.with_suffix(".away"))
    for _ in range(8):
        assert (await office.enter()).status == 503
    office.clock.now += 30
    assert (await office.tokens.verify(token)).account == "1001", "who is in stays in"
    file.with_suffix(".away").rename(file)
    assert (await office.enter()).status == 200


async def test_a_hash_of_weaker_parameters_is_made_anew(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path / 'zhitong.db'}")
    async with open_office(tmp_path, database) as office:
        token = await office.token()
        office.sign_in._passwords = stronger = Passwords()
        before = await office.accounts.get("1001")
        assert (await office.enter()).status == 200
        after = await office.accounts.get("1001")
        assert before is not None
        assert after is not None
        assert "m=65536,t=3,p=1" in after.hashed
        assert "m=65536" not in before.hashed
        assert (await office.tokens.verify(token)).account == "1001", "nobody has to sign in anew for it"
        stronger.close()
    await database.close()


async def test_a_body_that_never_comes_is_not_waited_for(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhitong.access.http.BODY_S", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(office.base.rpartition(":")[2]))
    writer.write(
        b"POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
    )
    async with asyncio.timeout(60):
        assert b" 408 " in await reader.readline()
    writer.close()


async def test_what_is_no_http_is_refused_without_a_traceback(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(office.base.rpartition(":")[2]))
    writer.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    async with asyncio.timeout(60):
        assert b" 400 " in await reader.readline()
    writer.close()
    assert not caplog.records
    assert (await office.enter()).status == 200
