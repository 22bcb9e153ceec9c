"""Numbers, times and positions in Chinese: which sounds a real Asterisk plays, held against how people say them.

The sounds are twenty milliseconds each here, so that a hundred sentences take seconds; what is judged is their names.
"""

import datetime
import re
import zoneinfo
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import Rig, agents_of, running
from tests.integration.dialplans.speech import brief, listen, played, so_far, until
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.phones.policy import Answer
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance


def pairs(text: str) -> dict[str, str]:
    return dict(row.split(":") for row in text.split())


NUMBERS = pairs("""
    0:零 1:一 2:二 9:九 10:十 11:十一 12:十二 19:十九 20:二十 21:二十一 30:三十 45:四十五 60:六十 99:九十九 100:一百
    101:一百零一 102:一百零二 110:一百一十 111:一百一十一 112:一百一十二 120:一百二十 123:一百二十三 200:二百
    210:二百一十 305:三百零五 999:九百九十九 1000:一千 1001:一千零一 1010:一千零一十 1012:一千零一十二
    1020:一千零二十 1100:一千一百 1101:一千一百零一 1110:一千一百一十 1234:一千二百三十四 2008:二千零八
    9999:九千九百九十九 10000:一万 10001:一万零一 10010:一万零一十 10100:一万零一百 12345:一万二千三百四十五
    100000:十万 110002:十一万零二 1100000:一百一十万 12345678:一千二百三十四万五千六百七十八
""")
TIMES = {
    "00:00": "凌晨零点",
    "00:05": "凌晨零点零五分",
    "02:00": "凌晨两点",
    "05:59": "凌晨五点五十九分",
    "06:00": "上午六点",
    "09:05": "上午九点零五分",
    "09:30": "上午九点三十分",
    "10:10": "上午十点十分",
    "11:02": "上午十一点零二分",
    "12:00": "中午十二点",
    "12:20": "中午十二点二十分",
    "13:00": "下午一点",
    "14:02": "下午两点零二分",
    "17:45": "下午五点四十五分",
    "18:00": "晚上六点",
    "20:15": "晚上八点十五分",
    "22:22": "晚上十点二十二分",
    "23:59": "晚上十一点五十九分",
}
DATES = {
    "2026-11-23": "二零二六年十一月二十三日星期一",
    "2027-01-01": "二零二七年一月一日星期五",
    "2030-02-10": "二零三零年二月十日星期日",
}
WORDS = pairs("""
    digits/0:零 digits/1:一 digits/2:二 digits/3:三 digits/4:四 digits/5:五 digits/6:六 digits/7:七 digits/8:八
    digits/9:九 digits/10:十 digits/20:二十 digits/30:三十 digits/40:四十 digits/50:五十 digits/60:六十
    digits/70:七十 digits/80:八十 digits/90:九十 digits/hundred:百 digits/thousand:千 digits/wan:万 zt/liang:两
    digits/day-0:星期日 digits/day-1:星期一 digits/day-2:星期二 digits/day-3:星期三 digits/day-4:星期四
    digits/day-5:星期五 digits/day-6:星期六 digits/mon-0:一月 digits/mon-1:二月 digits/mon-10:十一月 digits/year:年
    digits/day:日 digits/oclock:点 minute:分 digits/a-m:上午 digits/p-m:下午 zt/before_dawn:凌晨 zt/noon:中午
    zt/evening:晚上 zt/position_next:您目前排在第一位。 zt/position:您目前排在第 zt/position_end:位

""")
ZONE = "Asia/Shanghai"


@pytest.fixture
def short(tools: Tools, tmp_path: Path) -> Tools:
    return brief(tools, tmp_path)


def epoch(said: str) -> int:
    moment = datetime.datetime.fromisoformat(said).replace(tzinfo=zoneinfo.ZoneInfo(ZONE))
    return int(moment.timestamp())


async def said_by(rig: Rig, steps: Sequence[str]) -> list[str]:
    """What each of these steps of a dialplan says, in words, on a channel of the system's own language."""
    log = await listen(rig)
    plan = ["[said]", "exten => wait,1,Answer()", " same => n,Wait(600)", "exten => say,1,Answer()"]
    plan += [f" same => n,{step}" for step in [*steps, "NoOp(all is said)"]]
    with (rig.lab.etc / "extensions.conf").open("a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(plan) + "\n")
    for module in ("app_sayunixtime", "res_clioriginate"):
        await rig.lab.pbx.cli(f"module load {module}.so")
    await rig.lab.pbx.cli("dialplan reload")
    await rig.lab.pbx.cli("channel originate Local/wait@said/n extension say@said")
    text = await until(log, r"NoOp\(\"[^\"]*\", \"all is said\"\)")
    _, *parts = re.split(r"Executing \[say@said:\d+\] ", text)
    return [spoken(part) for part in parts[1:-1]]


def spoken(text: str) -> str:
    return "".join(WORDS[name] for name in played(text))


async def test_numbers_are_said_as_people_say_them(short: Tools, tmp_path: Path) -> None:
    async with running(tmp_path / "run", ALWAYS, (), tools=short) as rig:
        said = await said_by(rig, [f"SayNumber({number})" for number in NUMBERS])
        assert dict(zip(NUMBERS, said, strict=True)) == NUMBERS
        assert not [line for line in rig.complaints() if "Unable to" in line]


async def test_times_and_dates_are_said_as_people_say_them(short: Tools, tmp_path: Path) -> None:
    steps = [f"SayUnixTime({epoch(f'2026-11-23 {time}')},{ZONE},pIM)" for time in TIMES]
    steps += [f"SayUnixTime({epoch(f'{date} 12:00')},{ZONE},YBdA)" for date in DATES]
    steps += [f"SayUnixTime({epoch('2026-11-23 14:02')},{ZONE}{form}" for form in (",kM)", ")")]
    wanted = [*TIMES.values(), *DATES.values(), "十四点零二分", "二零二六年十一月二十三日星期一下午两点零二分"]
    async with running(tmp_path / "run", ALWAYS, (), tools=short) as rig:
        assert await said_by(rig, steps) == wanted
        assert not [line for line in rig.complaints() if "Unable to" in line]


async def test_each_waiting_caller_is_told_the_own_place(short: Tools, tmp_path: Path) -> None:
    site = ALWAYS + "position = true\nposition_every_s = 10"
    async with running(tmp_path / "run", site, agents_of("1001"), tools=short) as rig:
        log = await listen(rig)
        agent = await rig.agent("1001")
        agent.on_invite = Answer()
        first = await (await rig.citizen("13900000000", trunk="entry")).call("12345")
        await first.answered()
        await agent.next_call()
        for number in range(1, 4):
            await (await rig.citizen(f"1380000000{number}", trunk="entry")).call("12345")
            await until(log, rf"(?s)Told .*(Told .*){{{number - 1}}}their queue position")
        told = await until(log, r"(?s)(zt/position_end.*){2}")
    lines = [re.findall(r"\b(PJSIP/trunk-entry-\w+)\b.*Playing '([^']+)\.\w+'", line) for line in told.splitlines()]
    by_channel: dict[str, list[str]] = {}
    for found in lines:
        for channel, name in found:
            by_channel.setdefault(channel, []).append(WORDS[name])
    assert ["".join(words) for _, words in sorted(by_channel.items())] == [
        "您目前排在第一位。",
        "您目前排在第二位",
        "您目前排在第三位",
    ]


async def test_a_citizen_who_is_connected_at_once_hears_no_position(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + "position = true", agents_of("1001")) as rig:
        log = await listen(rig)
        agent = await rig.agent("1001")
        agent.on_invite = Answer(after_s=0.5)
        call = await (await rig.citizen(trunk="entry")).call("12345")
        await call.answered()
        await rig.manager.event("AgentConnect")
        assert [name for name in played(so_far(log)) if "position" in name] == []
