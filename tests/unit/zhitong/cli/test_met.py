"""Ratings and limits on numbers at a terminal."""

import asyncio
import json
import time

from telephony.config import read_site
from telephony.database.database import Database
from telephony.limits.limit import Limit
from telephony.limits.store import NumberLimits
from telephony.model.ids import MemberName, Micros
from telephony.places import database_url
from telephony.records.record import CallerMet
from tests.unit.telephony.records.samples import call_id, record
from tests.unit.zhitong.cli.conftest import Terminal

RATED = CallerMet(
    rating_asked=True, rating=4, rated=MemberName("1001"), sticky="answered", sticky_agent=MemberName("1001")
)


def test_ratings_are_counted_with_their_response_rate(terminal: Terminal) -> None:
    terminal.keep(
        [record(1, met=RATED), record(2, met=CallerMet(rating_asked=True, rated=MemberName("1001"))), record(3)]
    )
    out = terminal.zhitong("calls", "ratings").out
    assert "50.0%" in out
    assert "4.00" in out
    (told,) = json.loads(terminal.zhitong("calls", "ratings", "--by", "agent", "--json").out)
    assert told == {
        "of": "1001",
        "asked": 2,
        "given": 1,
        "response_rate": 0.5,
        "average": 4.0,
        "counts": [0, 0, 0, 1, 0],
    }


def test_a_call_shows_what_its_caller_met(terminal: Terminal) -> None:
    terminal.keep([record(1, met=RATED), record(2, met=CallerMet(limited="refuse", silent=True))])
    out = terminal.zhitong("calls", "show", call_id(1)).out
    assert "4 / 5  (1001)" in out
    assert "接回 came back to 1001" in out
    out = terminal.zhitong("calls", "show", call_id(2)).out
    assert "拒接 refused" in out
    assert "无声音" in out


def test_limits_are_listed_masked(terminal: Terminal) -> None:
    async def put() -> None:
        database = await Database.open(database_url(terminal.site_file, read_site(terminal.site_file)))
        limits, now = NumberLimits(database), int(time.time() * 1e6)
        for number, lifted in (("13800000001", False), ("13800000002", True)):
            until, who = Micros(now + 86_400_000_000), f"mobile-{number}"
            await limits.put(
                Limit(number=number, who=who, how="refuse", until=until, reason="骚扰", by="boss", at=Micros(now))
            )
            if lifted:
                assert await limits.lift(who, Micros(now + 1), "boss", "误限")
        await database.close()

    asyncio.run(put())
    out = terminal.zhitong("numbers", "limits").out
    assert "138****0001" in out
    assert "0002" not in out
    assert "138****0002" in terminal.zhitong("numbers", "limits", "--all").out
    assert "13800000001" in terminal.zhitong("numbers", "limits", "--reveal").out


def test_without_the_service_nothing_is_limited_and_the_audit_log_says_so(terminal: Terminal) -> None:
    for arguments in (("limit", "13800000001", "--reason", "骚扰"), ("lift", "13800000001", "--reason", "误限")):
        said = terminal.zhitong("numbers", *arguments)
        assert said.status == 1
        assert "cannot be asked" in said.err
    told = json.loads(terminal.zhitong("audit", "list", "--json").out)
    deeds = [line["deed"] for line in told if line["deed"].startswith("numbers")]
    assert deeds == ["numbers limit", "numbers limit failed", "numbers lift", "numbers lift failed"]
