"""The manager user gets the events of the contract and no other, and may do no more than the bridge does."""

import asyncio
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dialplans.contract import AMI_EVENTS
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.manager import Manager
from tests.integration.dialplans.rig import agents_of, settled
from tests.integration.dialplans.test_calls import ALWAYS, EXITS, HOUSING
from zhitong.lab.phones.policy import Answer

pytestmark = pytest.mark.acceptance

LISTS = {"CoreShowChannel", "CoreShowChannelsComplete", "QueueParams", "QueueMember", "QueueEntry"}


async def test_only_the_events_of_the_contract_arrive(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + EXITS + HOUSING, agents_of("1001", "1002")) as rig:
        (await rig.agent("1001")).on_invite = Answer()
        call = await (await rig.citizen(trunk="entry")).call("12345")
        await call.answered()
        await rig.manager.event("AgentConnect")
        await call.dtmf("5")
        await call.hold()
        await call.resume()
        await call.hangup()
        await rig.manager.event("ZtEnd")
        await settled()
        seen = {event["Event"] for event in rig.manager.events}
        assert seen <= set(AMI_EVENTS)
        assert {"Newchannel", "BridgeEnter", "AgentConnect", "Hold", "Unhold", "Hangup", "UserEvent"} <= seen
        assert not {"VarSet", "Newexten", "DTMFBegin", "DTMFEnd", "RTCPSent", "ChannelTalkingStart"} & seen


async def test_every_event_says_when(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        call = await (await rig.citizen()).call("999")
        await call.ended()
        await rig.manager.event("ZtEnd")
        for event in rig.manager.events:
            # The one exception, for it is a part of the login and no event of the bus.
            assert float(event.get("Timestamp", "0")) > 1_700_000_000 or event["Event"] == "FullyBooted"


async def test_the_filter_lets_a_login_and_the_lists_of_a_snapshot_through(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        await rig.manager.event("FullyBooted")
        (await rig.agent("1001")).on_invite = Answer()
        call = await (await rig.citizen()).call("12345")
        await call.answered()
        waiting = await (await rig.citizen("13800000002")).call("12345")
        await rig.manager.event("QueueCallerJoin", CallerIDNum="13800000002")
        status = await rig.manager.ask("CoreStatus")
        assert status["Response"] == "Success"
        assert status["CoreStartupDate"]
        await rig.manager.ask("CoreShowChannels")
        await rig.manager.event("CoreShowChannelsComplete")
        await rig.manager.ask("QueueStatus")
        await rig.manager.event("QueueStatusComplete")
        assert set(rig.manager.names()) >= LISTS
        await waiting.hangup()


async def test_the_dialplan_can_be_asked_for(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        answer = await rig.manager.ask("ShowDialPlan", Context="zt-in-carrier")
        assert answer["Response"] == "Success"
        await rig.manager.event("ListDialplan", Context="zt-in-carrier", Extension="12345")


FORBIDDEN = [
    ("Command", {"Command": "core show version"}),
    ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
    ("GetConfig", {"Filename": "pjsip.conf"}),
    ("ModuleLoad", {"Module": "app_queue.so", "LoadType": "reload"}),
    ("Reload", {"Module": "app_queue.so"}),
    ("DBPut", {"Family": "zt", "Key": "x", "Val": "y"}),
    ("MixMonitor", {"Channel": "x", "File": "x.wav", "Command": "true"}),  # would run a program
]


async def test_nothing_else_is_allowed(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        for action, headers in FORBIDDEN:
            answer = await rig.manager.ask(action, **headers)
            assert (answer["Response"], answer["Message"]) == ("Error", "Permission denied"), action


async def test_to_originate_does_not_mean_to_run_programs(make_rig: MakeRig) -> None:
    """The right that call-backs need is no way to a shell, to files or to what the dialplan lacks."""
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        shell = await rig.manager.ask("Originate", Channel="PJSIP/1001", Application="System", Data="true")
        assert (shell["Response"], shell["Message"]) == ("Error", "Originate Access Forbidden: app or data blacklisted")
        nowhere = await rig.manager.ask(
            "Originate", Channel="PJSIP/1001", Context="zt-nowhere", Exten="1", Priority="1", Async="true"
        )
        assert (nowhere["Response"], nowhere["Message"]) == ("Error", "Extension does not exist.")


async def test_a_wrong_secret_is_refused(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        with pytest.raises(AssertionError, match="Authentication failed"):
            await Manager.open(rig.lab.ports.ami, "zhitong", "x" * 32)


async def test_a_reader_that_pauses_for_seconds_is_not_cut_off(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.lab.ports.ami, limit=1024)
        login = f"Action: Login\r\nUsername: zhitong\r\nSecret: {rig.secrets.ami}\r\n\r\n"
        writer.write(login.encode())
        # Lists of all there is, asked many times over and not read: more than both ends' buffers hold.
        writer.write(b"Action: ShowDialPlan\r\n\r\n" * 400)
        await asyncio.sleep(3)
        writer.write(b"Action: Logoff\r\n\r\n")
        received = bytearray()
        async with asyncio.timeout(30):
            while chunk := await reader.read(65536):
                received += chunk
        assert received.count(b"ListDialplanComplete") + received.count(b"ShowDialPlanComplete") == 400
        assert received.endswith(b"\r\n\r\n")
        writer.close()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate and its key, for a day."""
    cert, key = folder / "ami.pem", folder / "ami.key"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=pbx1"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command to make a certificate")
async def test_with_tls_the_link_is_encrypted_and_the_plain_port_is_this_machines(
    make_rig: MakeRig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cert, key = certificate(tmp_path_factory.mktemp("tls"))
    ami = f'[pbx.ami]\ntls = true\ntls_cert = "{cert}"\ntls_key = "{key}"\n'
    async with make_rig(ami + ALWAYS, agents_of("1001")) as rig:
        await rig.manager.event("FullyBooted")
        assert (await rig.manager.ask("Ping"))["Ping"] == "Pong"
        settings = await rig.lab.pbx.cli("manager show settings")
        assert re.search(rf"TLS Bindaddress: +127\.0\.0\.1:{rig.lab.ports.ami}\b", settings)
        assert re.search(rf"TCP Bindaddress: +127\.0\.0\.1:{rig.lab.ports.ami - 1}\b", settings)
        assert rig.complaints() == []
