"""SIP as carriers and phones speak it: TLS and SRTP, codecs that differ, address translation."""

import asyncio
import base64
import re
import secrets
import shutil
import socket
import ssl
import warnings

import pytest

from tests.integration.dialplans import srtp
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.far import certificate, far_away
from tests.integration.dialplans.listening import heard
from tests.integration.dialplans.rig import Rig, agents_of
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.phones import sdp
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.message import Message, parse_address, value_of
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer
from zhitong.lab.phones.tones import Tone, has_tone
from zhitong.lab.phones.udp import Moment
from zhitong.lab.programs import Tools

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command: certificates, AES"),
]

ENOUGH_S = 1.0
"""So much of the other's tone is waited for."""
TLS = """
[sip]
transports = ["udp", "tls"]
tls_cert = "{}"
tls_key = "{}"
[[phone_profile]]
name = "soft"
transport = "tls"
srtp = "required"
"""


async def hears_on(call: Call, hz: int) -> None:
    """Return once the phone has heard this tone for a while."""
    async with asyncio.timeout(30):
        while heard(call, hz) < ENOUGH_S:  # noqa: ASYNC110 - packets ring no bell
            await asyncio.sleep(0.05)


async def codecs(rig: Rig) -> set[tuple[str, str]]:
    """Endpoint and codec of each leg of a call, in Asterisk's words."""
    shown = await rig.lab.pbx.cli("pjsip show channelstats")
    return set(re.findall(r"(?m)^ \S+ +(1001|trunk-carrier)\S* +\S+ +(\w+) ", shown))


async def test_an_agent_by_tls_and_srtp_talks_with_a_citizen_of_a_plain_trunk(
    make_rig: MakeRig, tmp_path_factory: pytest.TempPathFactory, tools: Tools
) -> None:
    tls = await asyncio.to_thread(certificate, tmp_path_factory.mktemp("keys"))
    traffic = tmp_path_factory.mktemp("sip") / "sip.pcap"
    async with (
        make_rig(TLS.format(*tls) + ALWAYS, agents_of("1001")) as rig,
        far_away(tmp_path_factory.mktemp("far"), tools, rig, tls=tls) as far,
    ):
        far.ear.on_invite = Answer()
        for order in ("on", f"pcap {traffic}"):
            await rig.lab.pbx.cli(f"pjsip set logger {order}")
        call = await (await rig.citizen()).call("12345")
        await call.answered()
        taken = await far.ear.next_call()
        await hears_on(call, Tone.AGENT)
        await hears_on(taken, Tone.CALLER)
        assert ";transport=TLS" in await rig.lab.pbx.cli("pjsip show contacts")
        await rig.lab.pbx.cli("pjsip set logger off")  # which closes the file
        said = (await asyncio.to_thread(traffic.read_bytes)).decode("latin-1")
        offers = re.findall(r"m=audio \d+ (RTP/\w+) .*?a=sendrecv", said, re.DOTALL)
        assert set(offers) == {"RTP/AVP", "RTP/SAVP"}, "the trunk's leg is plain, the agent's is not"
        assert len(re.findall(r"a=crypto:\d+ AES_CM_128", said)) >= 2, "an offer and its answer"
        assert rig.complaints() == []
        versions = await asyncio.to_thread(tls_versions, rig.tls_port)
        assert versions == {ssl.TLSVersion.TLSv1_2}, "and nothing older"


def tls_versions(port: int) -> set[ssl.TLSVersion]:
    """Those of 1.1 and 1.2 that a client which would take any can have."""
    found = set()
    for version in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        try:
            with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain):
                found.add(version)
        except ssl.SSLError:
            continue
    return found


class Sealed:
    """A phone of the lab that speaks of SRTP, and keeps what comes as it is: it cannot decrypt."""

    def __init__(self, host: str, patch: pytest.MonkeyPatch) -> None:
        self.offers: list[str] = []
        key = base64.b64encode(secrets.token_bytes(30)).decode()
        crypto = f"a=crypto:1 {srtp.SUITE} inline:{key}\r\n".encode()
        parse, render = sdp.parse, sdp.render

        def heard_of(body: bytes) -> sdp.Audio:
            self.offers.append(body.decode())
            return parse(body)

        def sealed(audio: sdp.Audio, session: int, version: int) -> bytes:
            body = render(audio, session, version)
            return body.replace(b"RTP/AVP", b"RTP/SAVP") + crypto if audio.host == host else body

        patch.setattr(sdp, "parse", heard_of)
        patch.setattr(sdp, "render", sealed)


async def test_what_goes_to_such_an_agent_is_no_sound_without_the_key(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decoded as it is, no packet holds the citizen's tone; decrypted with the offer's key, by other means than
    Asterisk's, each does."""
    sealed = Sealed("127.0.0.5", monkeypatch)
    profile = '[[phone_profile]]\nname = "sealed"\nsrtp = "required"\n'
    async with make_rig(profile + ALWAYS, agents_of("1001")) as rig:
        agent = await rig.agent("1001", host="127.0.0.5")
        agent.on_invite, agent.tone_hz = Answer(), None
        call = await (await rig.citizen()).call("12345")
        await call.answered()
        taken = await agent.next_call()
        async with asyncio.timeout(30):
            while len(taken.heard.packets()) < 60:  # noqa: ASYNC110 - packets ring no bell
                await asyncio.sleep(0.05)
        assert heard(taken, Tone.CALLER) < 0.1 * len(taken.heard.packets()) * 0.02, "noise may pass for it now and then"
        master = srtp.key_of(next(offer for offer in sealed.offers if "RTP/SAVP" in offer))
        packets = [data for _, data in taken._leg.media.raw if len(data) == 12 + 160 + srtp.TAG][20:26]
        opened = await asyncio.to_thread(lambda: [srtp.voice(packet, master) for packet in packets])
        assert [has_tone(payload, Tone.CALLER) for payload in opened] == [True] * 6


async def test_a_phone_that_offers_no_srtp_is_refused_where_it_is_required(make_rig: MakeRig) -> None:
    profile = '[[phone_profile]]\nname = "sealed"\nsrtp = "required"\n'
    async with make_rig(profile + ALWAYS, agents_of("1001")) as rig:
        ending = await (await (await rig.agent("1001")).call("12345")).ended()
        assert ending.code == 488


async def test_g722_on_one_side_and_alaw_on_the_other(
    make_rig: MakeRig, tmp_path_factory: pytest.TempPathFactory, tools: Tools
) -> None:
    async with (
        make_rig(ALWAYS, agents_of("1001")) as rig,
        far_away(tmp_path_factory.mktemp("far"), tools, rig, codec="g722") as far,
    ):
        far.ear.on_invite = Answer()
        call = await far.mouth.call("12345")
        await call.answered()
        taken = await far.ear.next_call()
        await hears_on(call, Tone.AGENT)
        await hears_on(taken, Tone.CALLER)
        assert await codecs(rig) == {("1001", "g722"), ("trunk-carrier", "alaw")}
        assert rig.complaints() == []


NAT = """
[sip]
external_address = "127.0.9.9"
local_nets = ["127.0.0.0/24"]
[[trunk]]
name = "outside"
hosts = ["127.0.1.2"]
answer = "at-agent"
early_media = true
"""
"""The outside begins at 127.0.1.0."""


def told(phone: Phone) -> set[tuple[str, str]]:
    """What the PBX says of itself to this phone, from now on: where its sound is, and its SIP."""
    found: set[tuple[str, str]] = set()
    inner = phone.on_traffic

    def listen(message: Message, sent: bool, at: Moment) -> None:
        inner(message, sent, at)
        contact = value_of(message, "contact")
        if not sent and message.body.startswith(b"v=0") and contact:
            found.add((sdp.parse(message.body).host, _host(parse_address(contact).uri)))

    phone.on_traffic = listen  # type: ignore[method-assign]
    return found


def _host(uri: str) -> str:
    return uri.rpartition("@")[2].removeprefix("sip:").partition(";")[0].partition(":")[0]


async def test_the_outside_is_told_the_external_address_and_local_phones_our_own(make_rig: MakeRig) -> None:
    async with make_rig(NAT + ALWAYS, agents_of("1001")) as rig:
        agent = await rig.agent("1001")
        here = ("127.0.0.1", rig.lab.ports.sip)
        outside = await Phone.start("13800000001", "", here, register=False, setup=Setup(host="127.0.1.2"))
        async with outside:
            far_off, near = told(outside), told(agent)
            call = await outside.call("12345")
            await agent.next_call()
            async with asyncio.timeout(30):
                while not far_off:  # noqa: ASYNC110 - 183 rings no bell
                    await asyncio.sleep(0.05)
            await call.hangup()
        assert far_off == {("127.0.9.9", "127.0.9.9")}
        assert near == {("127.0.0.1", "127.0.0.1")}
