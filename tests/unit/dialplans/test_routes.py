"""Numbers of their own, lines and opening hours, as the dialplan has them."""

import re
from collections import Counter

import pytest

from dialplans.contract import CLOSURE_KEY
from telephony.config import parse_site
from telephony.errors import ConfigError
from tests.unit.dialplans.sites import BASE, agents, apps, plan, rendered, sample

DIALECT = '[[queue]]\nname = "dialect"\n'


def route(text: str, site: str = BASE + DIALECT) -> str:
    return f"{site}[[route]]\nnumbers = ['96001']\n{text}\n"


def test_several_queues_are_drawn_by_their_shares() -> None:
    steps = apps(plan(rendered(route("queues = { hotline = 3, dialect = 1 }")))["zt-in-carrier"]["96001"])
    (draw,) = [step for step in steps if "ZT_DRAW=" in step]
    first, last = (int(number) for number in re.findall(r"RAND\((\d+),(\d+)\)", draw)[0])
    lots = [re.findall(r"<=(\d+)\]\?(\S+),s,1\)", step)[0] for step in steps if "${ZT_DRAW}<=" in step]
    otherwise = re.findall(r"Goto\((\S+),s,1\)", steps[-1])[0]
    drawn = Counter(
        next((queue for upto, queue in lots if number <= int(upto)), otherwise) for number in range(first, last + 1)
    )
    assert drawn == {"zt-queue-hotline": 3, "zt-queue-dialect": 1}


def test_one_queue_is_not_drawn() -> None:
    steps = apps(plan(rendered(route("queues = { dialect = 5 }")))["zt-in-carrier"]["96001"])
    assert steps[-1] == "Goto(zt-queue-dialect,s,1)"
    assert not [step for step in steps if "RAND" in step]


def test_a_route_holds_before_the_hotline_and_one_of_a_trunk_before_one_of_all() -> None:
    everywhere = BASE + DIALECT + "[[route]]\nnumbers = ['12345']\nqueues = { dialect = 1 }\n"
    assert apps(plan(rendered(everywhere))["zt-in-carrier"]["12345"])[-1] == "Goto(zt-queue-dialect,s,1)"
    assert apps(plan(rendered(everywhere))["zt-in-carrier"]["12346"])[-1] == "Goto(zt-queue-hotline,s,1)"
    both = everywhere + "[[route]]\nnumbers = ['12345']\ntrunk = 'carrier'\nqueues = { hotline = 1 }\n"
    assert apps(plan(rendered(both))["zt-in-carrier"]["12345"])[-1] == "Goto(zt-queue-hotline,s,1)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (route("queues = { nobody = 1 }"), "route[0].queues: there is no queue 'nobody'"),
        (route("queues = { hotline = 1 }\ntrunk = 'x'"), "route[0].trunk: there is no trunk 'x'"),
        (route("queues = { hotline = 1 }\nopening = 'x'"), "route[0].opening: there is no [openings.x]"),
        (route("queues = {}"), "route[0]: needs numbers and queues"),
        (
            route("queues = { hotline = 1 }") + "[[route]]\nnumbers = ['96001']\nqueues = { hotline = 1 }\n",
            "route[1].numbers: '96001' is that of route[0]",
        ),
        (BASE + "overflow = 'duty'\n", "queue[0].overflow: there are no duty mobiles"),
        (BASE + "[opening]\nspecial = { 2026-02-30 = [] }\n", "opening.special: '2026-02-30' is no date"),
        (
            BASE + "[opening]\nholidays = [2026-10-01]\nspecial = { 2026-10-01 = [] }\n",
            "opening.special: 2026-10-01 is in opening.holidays, too",
        ),
        (
            BASE + "[openings.office]\nspecial = { 2026-10-10 = ['17:00-09:00'] }\n",
            "openings.office.special.2026-10-10: a span ends before it begins",
        ),
        (BASE + "[feature_codes]\nclose = '*11'\n", "feature_codes.close: '*11' has more than one meaning"),
    ],
)
def test_what_contradicts_itself_is_told(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_site(text)
    assert said in str(refused.value)


def test_lines_are_counted_only_where_there_is_a_limit_but_held_everywhere() -> None:
    free = apps(plan(rendered())["zt-lines-carrier"]["s"])
    assert "Set(GROUP(zt-in)=carrier)" in free
    assert not [step for step in free if "LOCK" in step or "GROUP_COUNT" in step]
    limit = BASE.replace('name = "carrier"', 'name = "carrier"\nmax_calls_in = 30\npromise_lines = 4')
    counted = apps(plan(rendered(limit))["zt-lines-carrier"]["s"])
    assert counted[1] == "Set(ZT_LOCKED=${LOCK(zt-lines-carrier)})"
    assert len([step for step in counted if "UNLOCK(" in step]) == 1, "each way out passes it"
    assert "GotoIf($[${GROUP_COUNT(carrier@zt-in)}>=30]?full)" in counted


def test_only_closers_phones_know_the_code() -> None:
    assert "zt-closure" not in plan(rendered())
    closed = plan(rendered(BASE + '[closure]\nclosers = ["1001"]\nmax_hours = 3\n', agents("1001", "1002")))
    assert apps(closed["zt-phone"]["*91"]) == ["Goto(zt-closure,close,1)"]
    assert set(closed["zt-closers"]) == {"1001"}
    assert f"DB({CLOSURE_KEY})" in " ".join(apps(closed["zt-gate"]["s"]))
    assert f"DB({CLOSURE_KEY})" in " ".join(apps(closed["zt-closure"]["close"]))
    assert "Set(ZT_UNTIL=$[${EPOCH}+10800])" in apps(closed["zt-closure"]["close"])


def test_the_city_has_numbers_for_dialects_and_enterprises() -> None:
    site, _ = sample("city")
    assert {name for route in site.routes for name in route.queues} >= {"dialect", "enterprise"}
