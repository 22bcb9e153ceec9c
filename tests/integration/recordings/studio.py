"""A recorded site on a real Asterisk, its bridge a process of ``zhitong serve``, and phones that hum."""

import asyncio
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

from telephony.control.commands import Answer, AnyOrder, AskStatus, Request
from telephony.control.socket import ask
from telephony.live.status import Status
from telephony.places import control_of, recordings_of, secrets_of
from telephony.recordings.joined import joined_page
from telephony.recordings.store import Recordings
from telephony.recordings.terms import State
from telephony.records.record import CallRecord, RecordingFile
from telephony.secrets import read_secrets
from tests.acceptance.stage import ALWAYS, TRUNK_HOST, people, site
from tests.integration.dialplans.listening import Kept, number_packets, write_music
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Ring
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene

CITIZEN, FIRST, SECOND, CARD, MUSIC = 450, 1000, 700, 1350, 300
"""What is hummed, in Hz. CARD: what nobody may keep."""
TIMEOUT_S = 60.0


class Studio:
    def __init__(self, scene: Scene, stack: AsyncExitStack) -> None:
        self.scene = scene
        self.recordings = Recordings(scene._database)
        self.folder = recordings_of(scene.site)
        self._stack = stack
        self._place = ("127.0.0.1", scene.site.sip.port)

    # --- people -----------------------------------------------------------------------------------------------

    async def agent(self, number: str, hz: int) -> Phone:
        """Registered, and known to be so by the queue."""
        password = read_secrets(secrets_of(self.scene.site_file, self.scene.site)).phones[number]
        phone = await self._stack.enter_async_context(await Phone.start(number, password, self._place, hz))
        phone.on_invite = Ring()
        async with asyncio.timeout(TIMEOUT_S):
            while f"PJSIP/{number}" not in await self._idle():  # noqa: ASYNC110 - the PBX does not tell
                await asyncio.sleep(0.1)
        return phone

    async def _idle(self) -> str:
        lines = (await self.scene.lab.pbx.cli("queue show service")).splitlines()
        return "\n".join(line for line in lines if "Not in use" in line)

    async def citizen(self, number: str) -> Phone:
        setup = Setup(host=TRUNK_HOST)
        phone = await Phone.start(number, "", self._place, CITIZEN, register=False, setup=setup)
        return await self._stack.enter_async_context(phone)

    async def talk(self, citizen: Phone, agent: Phone) -> tuple[Call, Call]:
        """The citizen's call and the agent's, talking. The agent's packets have the numbers that make a packaged
        Asterisk lose who comes after."""
        call = await citizen.call("12345")
        taken = await pick_up(agent, 40_000)
        await call.answered()
        return call, taken

    async def silent(self) -> None:
        """Return when the PBX has no channel left."""
        async with asyncio.timeout(TIMEOUT_S):
            while not (await self.scene.lab.pbx.cli("core show channels count")).startswith("0 "):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    # --- the bridge -------------------------------------------------------------------------------------------

    async def live_call(self, number: str) -> str:
        """The Uniqueid of a citizen's live channel, as its own number names it."""
        for line in (await self.scene.lab.pbx.cli("core show channels concise")).splitlines():
            fields = line.split("!")
            if fields[0].startswith("PJSIP/trunk-") and fields[7] == number:
                return fields[-1]
        raise AssertionError(f"{number} has no live channel")

    async def zhitong(self, *words: str) -> str:
        """The command, as a process of its own; what it says."""
        command = [sys.executable, "-P", "-m", "zhitong", *words, "--site", str(self.scene.site_file)]
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said, _ = await process.communicate()
        return said.decode()

    async def order(self, order: AnyOrder) -> Answer:
        return await ask(control_of(self.scene.site_file, self.scene.site), Request(uuid.uuid4().hex, order))

    async def bridge_says(self, words: str) -> None:
        """Return when the bridge's log has these words."""
        log = self.scene.lab.run / "bridge.log"
        async with asyncio.timeout(TIMEOUT_S):
            while words not in await asyncio.to_thread(log.read_text, encoding="utf-8"):  # noqa: ASYNC110 - a file says nothing
                await asyncio.sleep(0.1)

    async def status(self) -> Status:
        answer = await ask(control_of(self.scene.site_file, self.scene.site), Request(uuid.uuid4().hex, AskStatus()))
        assert answer.status is not None
        return answer.status

    async def alarm(self, name: str) -> str:
        """Wait for the alarm; what it says."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                for alarm in (await self.status()).alarms:
                    if alarm.name == name:
                        return alarm.detail
                await asyncio.sleep(0.2)

    async def linked(self, count: int) -> list[tuple[CallRecord, RecordingFile]]:
        """So many records, each with what the bridge found of its recording."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                records = await joined_page(self.recordings, await self.scene.records())
                found = [(record, record.recording_file) for record in records if record.recording_file is not None]
                done = [(record, file) for record, file in found if file.state != State.PENDING]
                if len(done) >= count:
                    assert len(done) == count
                    return done
                await asyncio.sleep(0.2)

    def file(self, record: CallRecord) -> Path:
        assert record.recording is not None
        return self.folder / record.recording

    def kept(self, record: CallRecord) -> Kept:
        return Kept(self.file(record))

    def files(self) -> list[Path]:
        return list(self.folder.rglob("*.wav"))


async def pick_up(phone: Phone, sequence: int) -> Call:
    """Answer, the packets being numbered from ``sequence`` on."""
    taken = await phone.next_call()
    number_packets(taken, sequence)
    taken.answer()
    await taken.answered()
    return taken


def _site(recording: str, ports: Ports) -> str:
    return site(ports, rest=ALWAYS + recording, host=TRUNK_HOST)


@asynccontextmanager
async def studio(directory: Path, tools: Tools, *numbers: str, more: str = "") -> AsyncIterator[Studio]:
    """A site that records below ``directory``; ``more`` adds keys to ``[recording]``."""
    recording = f'[recording]\non = true\nkeep_days = 30\nfolder = "{directory}/recordings"\n{more}\n'
    run = directory / "run"
    async with (
        Scene.open(run, tools, partial(_site, recording), people(numbers), contacts=False) as scene,
        AsyncExitStack() as stack,
    ):
        await asyncio.to_thread(write_music, directory / "music", MUSIC)
        conf = f"[default]\nmode = files\ndirectory = {directory}/music\n"
        await asyncio.to_thread((scene.lab.etc / "musiconhold.conf").write_text, conf, encoding="utf-8")
        await scene.lab.pbx.cli("moh reload")
        yield Studio(scene, stack)


def may_mount() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A disk of so many bytes there. Raises CalledProcessError where this machine does not allow it."""
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True, capture_output=True
    )
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True, capture_output=True)
