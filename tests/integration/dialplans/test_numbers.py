"""Numbers that go out: what the dialplan makes of them, held against ``telephony.numbers``, which shares no code with
it."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialplans.views.numbers import shown_on
from telephony.numbers.outward import Format, outward, written
from telephony.site.sip import Trunk
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import SITE, Rig

pytestmark = pytest.mark.acceptance

PREFIXES = ("", "0", "+86", "+860", "0086", "00860", "086", "0860", "86", "860", "00", "+", "000")
NUMBERS = (
    *("13800000001", "19912345678", "13856101234", "12012345678", "1380000000", "138000000011"),
    *("1062345678", "2162345678", "5613053000", "56130530008", "8916334455", "106234567", "56130530"),
    *("3053000", "30530008", "62345678", "1053000", "90530008", "305300", "305300081"),
    *("4001234567", "8001234567", "400123456", "40012345678", "110", "120", "130", "12345", "12306", "116114"),
    *(
        "95588",
        "9558812",
        "95105105",
        "951051050",
        "96110",
        "968123",
        "9681234",
        "1001",
        "56112345",
        "10110",
        "2196110",
    ),
    *("85221234567", "442079460000", "12025550123", "861", "999999999999999", "9999999999999999", "123456"),
)
ODD = (
    "",
    "+",
    "++86138",
    "1+1",
    "138-0000-0001",
    "*11",
    "#1",
    "138a",
    "s",
    "h",
    "abroad",
    "of-mobile",
    "0",
    "00",
    "+0",
)

TRUNKS = """
[numbers]
area_code = "{area}"
own_mobiles = ["13856", "1991234"]
[[trunk]]
name = "plus"
hosts = ["203.0.113.1"]
qualify_s = 0
out_format = "e164"
[[trunk]]
name = "zeros"
hosts = ["203.0.113.2"]
qualify_s = 0
out_format = "0086"
caller_id = "05613053000"
[[trunk]]
name = "bare"
hosts = ["203.0.113.3"]
qualify_s = 0
out_format = "86"
numbers = ["+865613053000"]
[[trunk]]
name = "home"
hosts = ["203.0.113.4"]
qualify_s = 0
out_zero = "always"
[[trunk]]
name = "local"
hosts = ["203.0.113.5"]
qualify_s = 0
out_format = "{local}"
out_zero = "elsewhere"
out_prefix = "9"
[[queue]]
name = "hotline"
"""

HEAD = SITE.partition("[[trunk]]")[0]


def dialled() -> list[str]:
    """Each number behind each prefix, and some that dice made."""
    dice = random.Random(12345)
    made = ["".join(dice.choices("0123456789", k=dice.randint(1, 17))) for _ in range(150)]
    whole = [f"{prefix}{number}" for prefix in PREFIXES for number in NUMBERS]
    return list(dict.fromkeys([*whole, *made, *(f"+{each}" for each in made[:40]), *ODD]))


def plan(numbers: list[str], trunks: tuple[Trunk, ...]) -> Iterator[str]:
    """A dialplan that hands each of them to ``zt-number``, then to each trunk's format, and tells what came of it."""
    yield "\n[test-numbers]\nexten => s,1,NoOp()"
    for index, number in enumerate(numbers):
        yield f" same => n,Gosub(zt-number,s,1({number}))"
        yield " same => n,Set(SAID=)"
        for trunk in trunks:
            yield f" same => n,Gosub(zt-format-{trunk.name},s,1)"
            yield " same => n,Set(SAID=${SAID}/${ZT_DIAL}:${ZT_SHOWN})"
        yield f" same => n,UserEvent(Read,Index: {index},Kind: ${{ZT_KIND}},Nsn: ${{ZT_NSN}},Said: ${{SAID}})"
    yield " same => n,UserEvent(Done)"


async def told(rig: Rig, numbers: list[str]) -> list[tuple[str, str, str]]:
    await asyncio.to_thread(_append, rig.lab.etc / "extensions.conf", "\n".join(plan(numbers, rig.site.trunks)))
    await rig.lab.pbx.cli("dialplan reload")
    await rig.manager.ask(
        "Originate", Channel="Local/s@test-numbers", Application="Wait", Data="60", Timeout="60000", Async="true"
    )
    await rig.manager.event("Done")
    read = [event for event in rig.manager.events if event.get("UserEvent") == "Read"]
    assert [int(event["Index"]) for event in read] == list(range(len(numbers)))
    return [(event.get("Kind", ""), event.get("Nsn", ""), event.get("Said", "")) for event in read]


def _append(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.mark.parametrize("area", ["561", "010", ""])
async def test_the_dialplan_and_the_bridge_understand_and_write_numbers_alike(make_rig: MakeRig, area: str) -> None:
    numbers = dialled()
    async with make_rig(TRUNKS.format(area=area, local="local" if area else "national"), base=HEAD) as rig:
        found = await told(rig, numbers)
        rules = rig.site.numbers.rules
        for number, (kind, nsn, said) in zip(numbers, found, strict=True):
            reading = outward(number, rules)
            assert (kind, nsn) == (reading.kind.value, reading.nsn), number
            wanted = [
                (written(reading, Format(form=t.out_format, prefix=t.out_prefix, zero=t.out_zero), rules), t)
                for t in rig.site.trunks
            ]
            assert said == "".join(f"/{text}:{shown_on(rig.site, t)}" for text, t in wanted), number
        # So many events at once are more than Asterisk likes; that is the test's doing.
        assert [line for line in rig.complaints() if "taskprocessor" not in line] == []
