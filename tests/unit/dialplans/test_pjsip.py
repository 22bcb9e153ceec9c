"""pjsip.conf: transports, and what trunks and phone profiles say for themselves."""

import msgspec
import pytest

from dialplans.parse import settings
from dialplans.render import Lab, Mode, render
from telephony.config import parse_site
from telephony.errors import ConfigError
from tests.unit.dialplans.sites import BASE, agents, secrets_for, value

PEOPLE = agents("1001", "1002")


def pjsip(text: str, profile: str = "", mode: Mode = Mode.NEW, lab: Lab | None = None) -> str:
    """The file; agent 1002 has this profile. ``text`` comes after the one trunk and before the one queue."""
    people = (PEOPLE[0], msgspec.structs.replace(PEOPLE[1], profile=profile))
    head, queue = BASE.split("[[queue]]")
    site = parse_site(f"{head}\n{text}\n[[queue]]{queue}")
    name = "pjsip.conf" if mode is Mode.NEW else "zhitong-pjsip.conf"
    return render(site, people, secrets_for(people), mode=mode, lab=lab)[name]


def of_phone(text: str, phone: str, key: str) -> list[str]:
    """What holds for a phone's endpoint: its own, then its profile's, then every phone's."""
    line = next(line for line in text.splitlines() if line.startswith(f"[{phone}](zt-profile-"))
    profile = line.partition("(")[2].rstrip(")")
    return value(text, phone, key) or value(text, profile, key) or value(text, "zt-phone", key)


def test_udp_alone_unless_the_site_says_more() -> None:
    text = pjsip("")
    assert value(text, "zt-udp", "bind") == ["0.0.0.0:5060"]
    assert not [each for each in settings(text) if each.section in {"zt-tcp", "zt-tls"}]
    assert "external" not in text


def test_each_transport_has_its_port_and_tls_its_keys_and_no_old_version() -> None:
    text = pjsip('[sip]\ntransports = ["udp", "tcp", "tls"]\nbind = "2001:db8::1"\nport = 5070\ntls_port = 5071')
    assert [value(text, f"zt-{name}", "bind") for name in ("udp", "tcp", "tls")] == [
        ["[2001:db8::1]:5070"],
        ["[2001:db8::1]:5070"],
        ["[2001:db8::1]:5071"],
    ]
    assert value(text, "zt-tls", "method") == ["tlsv1_2"]
    assert value(text, "zt-tls", "cert_file") == ["/etc/asterisk/keys/sip.pem"]
    assert value(text, "zt-udp", "cert_file") == []


def test_an_existing_pbx_keeps_its_own_transports() -> None:
    text = pjsip('[sip]\ntransports = ["udp", "tls"]', mode=Mode.INCLUDE)
    assert [each for each in settings(text) if each.key == "transport" or each.value == "transport"] == []


def test_address_translation_is_said_on_every_transport() -> None:
    text = pjsip('[sip]\ntransports = ["udp", "tls"]\nexternal_address = "203.0.113.1"\nlocal_nets = ["10.0.0.0/8"]')
    for name in ("zt-udp", "zt-tls"):
        assert value(text, name, "external_media_address") == ["203.0.113.1"]
        assert value(text, name, "external_signaling_address") == ["203.0.113.1"]
        assert value(text, name, "local_net") == ["10.0.0.0/8"]


def test_what_a_trunk_says_for_itself_goes_before_what_the_site_says() -> None:
    text = pjsip("""
[sip]
transports = ["udp", "tls"]
rtp_timeout_s = 33
[[trunk]]
name = "two"
hosts = ["192.0.2.1", "192.0.2.0/24", "192.0.2.2:5099"]
transport = "tls"
srtp = "optional"
codecs = ["ulaw"]
dtmf = "info"
qualify_s = 7
rtp_timeout_s = 0
timers = "no"
""")
    assert value(text, "trunk-two", "contact") == [
        "sip:192.0.2.1:5061\\;transport=tls",
        "sip:192.0.2.2:5099\\;transport=tls",
    ]
    assert value(text, "trunk-two", "match") == ["192.0.2.1", "192.0.2.0/24", "192.0.2.2:5099"]
    wanted = {
        "transport": "zt-tls",
        "media_encryption": "sdes",
        "media_encryption_optimistic": "yes",
        "allow": "ulaw",
        "dtmf_mode": "info",
        "qualify_frequency": "7",
        "rtp_timeout": "0",
        "rtp_timeout_hold": "900",
        "timers": "no",
        "direct_media": "no",
    }
    assert {key: value(text, "trunk-two", key) for key in wanted} == {key: [said] for key, said in wanted.items()}
    assert value(text, "trunk-carrier", "rtp_timeout") == ["33"]
    assert value(text, "trunk-carrier", "media_encryption") == []


PROFILES = """
[sip]
transports = ["udp", "tls"]
[[phone_profile]]
name = "desk"
rtp_timeout_s = 20
[[phone_profile]]
name = "home"
transport = "tls"
srtp = "required"
codecs = ["ulaw"]
"""


def test_a_phone_has_the_profile_of_its_agent_or_the_first() -> None:
    text = pjsip(PROFILES, profile="home")
    assert (of_phone(text, "1001", "rtp_timeout"), of_phone(text, "1002", "rtp_timeout")) == (["20"], ["60"])
    assert (of_phone(text, "1001", "media_encryption"), of_phone(text, "1002", "media_encryption")) == ([], ["sdes"])
    assert of_phone(text, "1002", "allow") == ["ulaw"]
    assert of_phone(text, "1002", "media_encryption_optimistic") == []
    for phone in ("1001", "1002"):
        assert (of_phone(text, phone, "direct_media"), of_phone(text, phone, "rewrite_contact")) == (["no"], ["yes"])


def test_a_profile_that_the_site_does_not_have_is_named() -> None:
    with pytest.raises(ConfigError, match="no phone profile 'nowhere'"):
        pjsip(PROFILES, profile="nowhere")


def test_opus_is_offered_only_where_asterisk_was_seen_to_understand_it() -> None:
    assert value(pjsip(""), "trunk-carrier", "allow") == ["alaw,g722,ulaw"]
    seen = Lab(modules=["codec_opus_open_source", "chan_pjsip"])
    assert value(pjsip("", lab=seen), "trunk-carrier", "allow") == ["alaw,g722,ulaw,opus"]
    assert value(pjsip("", lab=Lab(modules=["chan_pjsip"])), "trunk-carrier", "allow") == ["alaw,g722,ulaw"]


def test_a_registration_is_tried_for_ever() -> None:
    """Ten tries, or one refusal, would end it."""
    head, queue = BASE.split("[[queue]]")
    site = parse_site(f'{head}register = true\nusername = "gov"\n[[queue]]{queue}')
    text = render(site, PEOPLE, secrets_for(PEOPLE))["pjsip.conf"]
    assert int(value(text, "trunk-carrier", "max_retries")[0]) > 100_000
    assert value(text, "trunk-carrier", "auth_rejection_permanent") == ["no"]
    assert [int(value(text, "trunk-carrier", f"{name}retry_interval")[0]) for name in ("forbidden_", "fatal_")] == [
        300,
        300,
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[sip]\ntransports = []", "sip.transports: at least one"),
        ('[sip]\ntransports = ["tcp", "tls"]\ntls_port = 5060', "sip.tls_port: 5060 is that of TCP"),
        ("[sip]\ntimers_expires_s = 100\ntimers_min_s = 200", "sip.timers_expires_s"),
        ("[sip]\ntimers_min_s = 30", "sip.timers_min_s"),
        ('[sip]\nlocal_nets = ["here"]', "sip.local_nets\\[0\\]"),
        ('[sip]\nbind = "203.0.113.7"\nexternal_address = "203.0.113.1"', "sip.local_nets: none holds sip.bind"),
        ('[[phone_profile]]\nname = "a"\ntransport = "tls"', "phone_profile\\[0\\].transport: .*'tls'"),
        ('[[phone_profile]]\nname = "a"\n[[phone_profile]]\nname = "a"', "phone_profile\\[1\\].name: 'a' is taken"),
        ('[[phone_profile]]\nname = "a"\nsrtp = "maybe"', "srtp"),
        ('[[trunk]]\nname = "two"\nhosts = ["192.0.2.1"]\ntransport = "tcp"', "trunk\\[1\\].transport"),
        ('[sip]\ntransports = ["tls"]\n[[phone_profile]]\nname = "a"\ntransport = "tls"', "trunk\\[0\\].transport"),
    ],
)
def test_what_cannot_be_is_named(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        pjsip(text)
