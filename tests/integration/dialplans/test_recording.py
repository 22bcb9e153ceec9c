"""What a recording holds: every word between the answer and the end, and nothing else.

The phones hum; what they heard of each other is held against the file. Where it matters which RTP sequence numbers they
have, the worst ones are given: those with which Debian's Asterisk would lose a voice (README.md, "Recording").
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.listening import Kept, files_of, heard, music_of, number_packets, recorded
from tests.integration.dialplans.rig import Rig, agents_of, settled
from tests.integration.dialplans.test_calls import ALWAYS, HOUSING
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer, Ring

pytestmark = pytest.mark.acceptance

RECORDED = "[recording]\non = true\nkeep_days = 30\n" + ALWAYS + HOUSING
TWO = agents_of("1001") + agents_of("1002", queues="hotline:1;housing")
CITIZEN, FIRST, SECOND, CARD, MUSIC = 450, 1000, 700, 1350, 300
"""What is hummed, in Hz. CARD: what nobody may keep."""
EDGE = 0.1
"""Seconds of 20 ms packets that may be under way at the two ends of a talk."""
LATE = 0.8
"""Seconds of a voice that a busy machine may cost: a recorder drops what comes too late. A voice that Debian's Asterisk
loses is lost for all the seconds that it is spoken here."""


def slow(value: object) -> object:
    """A parameter that only `make test-all` takes: tests/integration/recordings plays its like."""
    return pytest.param(value, marks=pytest.mark.slow)


async def agent(rig: Rig, number: str, hz: int) -> Phone:
    phone = await rig.agent(number)
    phone.tone_hz, phone.on_invite = hz, Ring()
    return phone


async def pick_up(phone: Phone, sequence: int) -> Call:
    """Answer, the packets being numbered from ``sequence`` on."""
    taken = await phone.next_call()
    number_packets(taken, sequence)
    taken.answer()
    await taken.answered()
    return taken


class Talk:
    """A citizen and the first agent, talking; the second agent's phone beside."""

    def __init__(self, rig: Rig, citizen: Call, first: Call, second: Phone) -> None:
        self.rig, self.citizen, self.first, self.second = rig, citizen, first, second
        self.agents = [first]

    async def taken_on(self) -> Call:
        """The second agent picks up, with packets that are numbered behind the first's."""
        taken = await pick_up(self.second, 20_000)
        self.agents.append(taken)
        return taken

    async def file(self) -> Kept:
        """Hang up; the recording."""
        if self.citizen.ending is None:
            await self.citizen.hangup()
        return Kept(await recorded(self.rig))


async def talking(rig: Rig) -> Talk:
    first, second = await agent(rig, "1001", FIRST), await agent(rig, "1002", SECOND)
    phone = await rig.citizen()
    phone.tone_hz = CITIZEN
    citizen = await phone.call("12345")
    talk = Talk(rig, citizen, await pick_up(first, 40_000), second)
    await settled(1.5)
    return talk


# --- from the answer to the end ---------------------------------------------------------------------------------


@pytest.mark.parametrize("trunk", ["carrier", slow("early"), slow("entry")])
async def test_a_recording_holds_the_talk_and_not_the_wait(make_rig: MakeRig, trunk: str) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        first = await agent(rig, "1001", FIRST)
        phone = await rig.citizen(trunk=trunk)
        phone.tone_hz = CITIZEN
        call = await phone.call("12345")
        taken = await first.next_call()
        await settled(1.0)
        taken.answer()
        await taken.answered()
        await settled(2.0)
        await call.hangup()
        file = Kept(await recorded(rig))
        entry = rig.manager.all("ZtEntry")[0]
        assert entry["Recording"].endswith(f"/{entry['Uniqueid']}.wav")
        assert file.seconds == pytest.approx(heard(taken, CITIZEN), abs=LATE), "nothing before the answer"
        assert file.of(CITIZEN) == pytest.approx(heard(taken, CITIZEN), abs=LATE)
        assert file.of(FIRST) == pytest.approx(heard(call, FIRST), abs=LATE)


@pytest.mark.slow
async def test_nothing_is_kept_after_the_agent_left(make_rig: MakeRig) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        talk = await talking(rig)
        await talk.first.hangup()
        await talk.citizen.ended()
        file = await talk.file()
        assert file.seconds == pytest.approx(heard(talk.first, CITIZEN), abs=LATE)


@pytest.mark.slow
async def test_a_recording_has_a_folder_of_its_own_where_the_site_says_so(make_rig: MakeRig, tmp_path: Path) -> None:
    site = RECORDED.replace("on = true", f'on = true\nfolder = "{tmp_path / "recordings"}"')
    async with make_rig(site, TWO) as rig:
        file = await (await talking(rig)).file()
        assert file.seconds > 1.4


async def test_who_is_refused_has_no_recording(make_rig: MakeRig) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        await (await (await rig.citizen()).call("999")).ended()
        entry = await rig.manager.event("ZtEntry")
        assert (entry["Recording"], entry["Notice"]) == ("", "")
        assert "MixMonitorStart" not in rig.manager.names()
        assert "ZtRecording" not in rig.manager.names()


@pytest.mark.slow
async def test_the_notice_is_said_of_each_recorded_call(make_rig: MakeRig) -> None:
    async with make_rig(RECORDED.replace("on = true", 'on = true\nnotice = "carrier"'), TWO) as rig:
        await (await talking(rig)).file()
        assert (await rig.manager.event("ZtEntry"))["Notice"] == "carrier"


# --- hold, transfer, another queue ------------------------------------------------------------------------------


async def blind_by_keys(talk: Talk) -> None:
    await talk.first.dtmf("#11002")
    await talk.taken_on()


async def blind_by_refer(talk: Talk) -> None:
    assert await talk.first.refer("1002") == 200
    await talk.taken_on()


async def another_queue(talk: Talk) -> None:
    assert await talk.first.refer("8001") == 200
    await settled(0.5)
    await talk.taken_on()


async def hold(talk: Talk) -> None:
    await talk.first.hold()
    await settled(0.5)
    await talk.first.resume()


async def attended_by_keys(talk: Talk) -> None:
    await talk.first.dtmf("*21002")
    await talk.taken_on()
    await settled(0.5)
    await talk.first.hangup()
    await mended(talk)


async def attended_by_refer(talk: Talk) -> None:
    second_line = await Phone.start(
        "1001", talk.rig.secrets.phones["1001"], ("127.0.0.1", talk.rig.lab.ports.sip), CARD, False, Setup()
    )
    await talk.rig.phones.enter_async_context(second_line)
    await talk.first.hold()
    consult = await second_line.call("1002")
    await talk.taken_on()
    await settled(0.5)
    assert await talk.first.refer_replacing(consult) == 200
    await mended(talk)


async def mended(talk: Talk) -> None:
    """What the bridge does after an attended transfer."""
    await talk.rig.manager.event("AttendedTransfer")
    entry = await talk.rig.manager.event("ZtEntry")
    pressed = await talk.rig.manager.ask("PlayDTMF", Channel=entry["Channel"], Digit="D", Duration="50", Receive="true")
    assert pressed["Response"] == "Success"
    await settled(0.4)


Story = Callable[[Talk], Awaitable[None]]


QUICK = (blind_by_refer, another_queue)
SLOW = (blind_by_keys, hold, attended_by_keys, attended_by_refer)


@pytest.mark.parametrize("story", [*QUICK, *map(slow, SLOW)])
async def test_nobody_is_lost_around(make_rig: MakeRig, tmp_path: Path, story: Story) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        await music_of(rig, tmp_path / "music", MUSIC)
        talk = await talking(rig)
        await story(talk)
        before = {hz: heard(talk.citizen, hz) for hz in (FIRST, SECOND)}
        await settled(3.0)
        file = await talk.file()
        for hz in (FIRST, SECOND):
            listened = heard(talk.citizen, hz)
            mend = 0.5 if story in (attended_by_keys, attended_by_refer) and hz == SECOND else 0.0
            assert file.of(hz) >= 0.995 * listened - EDGE - LATE - mend, (hz, before[hz], listened)
        together = sum(heard(taken, CITIZEN) for taken in talk.agents)
        assert file.of(CITIZEN) >= 0.995 * together - 2 * EDGE - LATE
        assert file.of(CARD) == 0, "what agents say among themselves"
        assert len(files_of(rig)) == 1


async def test_what_agents_say_in_a_consult_is_not_kept(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        await music_of(rig, tmp_path / "music", MUSIC)
        talk = await talking(rig)
        await talk.first.dtmf("*21002")
        consulted = await talk.taken_on()
        talk.first.say(CARD)
        await settled(1.0)
        assert heard(consulted, CARD) > 0.5
        await consulted.hangup()
        await settled(0.5)
        talk.first.say(FIRST)
        await settled(0.5)
        file = await talk.file()
        assert file.of(SECOND) == 0
        assert file.of(CARD) <= max(heard(talk.citizen, CARD), 0.0) + EDGE


@pytest.mark.slow
async def test_a_consulted_queue_keeps_nothing_of_the_consult(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        await music_of(rig, tmp_path / "music", MUSIC)
        talk = await talking(rig)
        await talk.first.dtmf("*28001")
        await talk.taken_on()
        await settled(0.5)
        assert len(files_of(rig)) == 2, "app_queue records it, and throws it away"
        await talk.first.hangup()
        await mended(talk)
        await settled(1.0)
        file = await talk.file()
        assert file.of(SECOND) > 0.7
        assert files_of(rig) == [await recorded(rig)]


# --- pauses -----------------------------------------------------------------------------------------------------


async def test_an_agent_pauses_by_key_and_goes_on(make_rig: MakeRig) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        talk = await talking(rig)
        await talk.first.dtmf("*5")
        paused = await rig.manager.event("ZtRecording", State="paused")
        talk.citizen.say(CARD)
        await talk.first.hears(CARD)
        await settled(1.0)
        talk.citizen.say(CITIZEN)
        await settled(0.3)
        await talk.first.dtmf("*6")
        resumed = await rig.manager.event("ZtRecording", State="resumed")
        await settled(1.0)
        file = await talk.file()
        assert file.of(CARD) == 0
        cut = float(resumed["Timestamp"]) - float(paused["Timestamp"])
        assert file.seconds == pytest.approx(heard(talk.first, CITIZEN) + heard(talk.first, CARD) - cut, abs=LATE)
        assert {paused["Uniqueid"], resumed["Uniqueid"]} == {rig.manager.all("ZtEntry")[0]["Uniqueid"]}
        states = [text for kind, text in rig.cel() if kind == "ZT_REC"]
        assert states[:2] == ["s=paused&b=", "s=resumed&b="]


@pytest.mark.slow
async def test_a_citizens_keys_pause_nothing(make_rig: MakeRig) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        talk = await talking(rig)
        await talk.citizen.dtmf("*5")
        await settled(1.0)
        file = await talk.file()
        assert {event["State"] for event in rig.manager.all("ZtRecording")} == {"ended"}
        assert file.of(FIRST) == pytest.approx(heard(talk.citizen, FIRST), abs=LATE)


@pytest.mark.slow
async def test_who_takes_over_may_pause_too(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        await music_of(rig, tmp_path / "music", MUSIC)
        talk = await talking(rig)
        await attended_by_refer(talk)
        await talk.agents[-1].dtmf("*5")
        await rig.manager.event("ZtRecording", State="paused")


async def test_a_pause_that_was_forgotten_ends_with_the_transfer(make_rig: MakeRig) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        talk = await talking(rig)
        await talk.first.dtmf("*5")
        await rig.manager.event("ZtRecording", State="paused")
        await blind_by_refer(talk)
        await rig.manager.event("ZtRecording", State="resumed")
        await settled(2.0)
        file = await talk.file()
        assert file.of(SECOND) >= heard(talk.citizen, SECOND) - LATE


@pytest.mark.slow
async def test_a_pause_by_command_is_silence_in_the_file(make_rig: MakeRig) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        talk = await talking(rig)
        channel = rig.manager.all("ZtEntry")[0]["Channel"]
        await rig.manager.ask("MixMonitorMute", Channel=channel, Direction="both", State="1")
        muted = await rig.manager.event("MixMonitorMute", State="1")
        talk.citizen.say(CARD)
        await settled(1.0)
        talk.citizen.say(CITIZEN)
        await settled(0.3)
        await rig.manager.ask("MixMonitorMute", Channel=channel, Direction="both", State="0")
        unmuted = await rig.manager.event("MixMonitorMute", State="0")
        await settled(1.0)
        file = await talk.file()
        assert (muted["Uniqueid"], muted["Direction"]) == (rig.manager.all("ZtEntry")[0]["Uniqueid"], "both")
        assert file.of(CARD) == 0
        assert file.silent() == pytest.approx(float(unmuted["Timestamp"]) - float(muted["Timestamp"]), abs=LATE)
        both = heard(talk.first, CITIZEN) + heard(talk.first, CARD)
        assert file.seconds == pytest.approx(both, abs=LATE)


# --- where it cannot be written ---------------------------------------------------------------------------------


@pytest.mark.slow
async def test_the_end_says_how_long_the_file_is(make_rig: MakeRig) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        talk = await talking(rig)
        await talk.citizen.hangup()
        path = await recorded(rig)
        ended = await rig.manager.event("ZtRecording", State="ended")
        assert int(ended["Bytes"]) == path.stat().st_size > 20_000
        names = rig.manager.names()
        assert names.index("ZtRecording") < names.index("ZtEnd")


async def test_who_was_never_answered_leaves_no_file(make_rig: MakeRig) -> None:
    async with make_rig(RECORDED, TWO) as rig:
        await agent(rig, "1001", FIRST)
        call = await (await rig.citizen()).call("12345")
        await rig.manager.event("AgentCalled")
        await call.hangup()
        assert (await rig.manager.event("ZtRecording", State="ended"))["Bytes"] == ""
        assert not (await recorded(rig)).exists()


@pytest.mark.slow
async def test_a_folder_that_cannot_be_written_costs_the_recording_and_nothing_else(
    make_rig: MakeRig, tmp_path: Path
) -> None:
    obstacle = tmp_path / "recordings"
    obstacle.write_text("a file where a folder should be", encoding="utf-8")
    async with make_rig(RECORDED.replace("on = true", f'on = true\nfolder = "{obstacle}"'), TWO) as rig:
        talk = await talking(rig)
        await blind_by_refer(talk)
        await settled(0.5)
        assert heard(talk.citizen, SECOND) > 0.3
        await talk.citizen.hangup()
        assert (await rig.manager.event("ZtRecording", State="ended"))["Bytes"] == "0"
        await rig.manager.event("ZtEnd")


# --- call-backs -------------------------------------------------------------------------------------------------


async def test_a_call_back_is_recorded_on_the_citizens_channel(make_rig: MakeRig) -> None:
    nobody = ("127.0.0.1", 9)
    async with await Phone.start("13800000001", "", nobody, CITIZEN, False, Setup(host="127.0.0.2")) as outside:
        outside.on_invite = Answer()
        base = f"""
name = "某市12345"
hotline = ["12345"]
[[trunk]]
name = "carrier"
hosts = ["{outside.place[0]}"]
port = {outside.place[1]}
"""
        async with make_rig(RECORDED, TWO, base=base) as rig:
            first, second = await agent(rig, "1001", FIRST), await agent(rig, "1002", SECOND)
            await rig.manager.ask(
                "Originate",
                Channel="PJSIP/1001",
                Context="zt-callback",
                Exten="1",
                Priority="1",
                ChannelId="pbx1-1795402664.8388611",
                Variable="ZT_CALLBACK=17,ZT_TRUNK=carrier,ZT_DIALLED=13800000001",
                Async="true",
            )
            taken = await pick_up(first, 40_000)
            citizen = await outside.next_call()
            await citizen.answered()
            await settled(1.0)
            await taken.dtmf("*5")
            await rig.manager.event("ZtRecording", State="paused")
            await taken.dtmf("*6")
            await rig.manager.event("ZtRecording", State="resumed")
            await taken.dtmf("#11002")
            await pick_up(second, 20_000)
            await settled(2.0)
            await citizen.hangup()
            ended = await rig.manager.event("ZtRecording", State="ended")
            event = await rig.manager.event("ZtCallback")
            file = Kept(rig.lab.pbx.spool_dir / "monitor" / event["Recording"])
            assert file.of(SECOND) >= heard(citizen, SECOND) - LATE
            assert file.of(FIRST) > 0.8
            assert int(ended["Bytes"]) > 30_000
