"""What phones fetch, read as phones read it."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialplans.handsets.files import MODELS, mac_of, provisioned
from telephony.errors import ConfigError
from tests.unit.dialplans.handsets.phones import ACCOUNT, account, grandstream, linphone, yealink


def test_a_yealinks_account() -> None:
    said = yealink(provisioned("yealink-t4x", ACCOUNT))
    assert {
        name: said[f"account.1.{name}"] for name in ("enable", "user_name", "auth_name", "password", "display_name")
    } == {
        "enable": "1",
        "user_name": "desk-7.b",
        "auth_name": "desk-7.b",
        "password": ACCOUNT.password,
        "display_name": "张三",
    }
    assert said["account.1.sip_server.1.address"] == "pbx.example"
    assert said["account.1.sip_server.1.port"] == "5060"
    assert said["account.1.label"] == "1001 张三"
    assert said["lang.gui"] == said["lang.wui"] == "Chinese_S"
    assert (said["local_time.time_zone"], said["local_time.time_zone_name"]) == ("+8", "China(Beijing)")
    assert said["local_time.ntp_server1"] == "ntp.example"
    assert said["voice.tone.country"] == "China"
    assert said["call_waiting.enable"] == "0"


@pytest.mark.parametrize(
    ("transport", "srtp", "numbers"), [("udp", "no", "00"), ("tcp", "optional", "11"), ("tls", "required", "22")]
)
def test_transport_and_encryption(transport: str, srtp: str, numbers: str) -> None:
    ours = account(transport=transport, srtp=srtp)
    by_yealink = yealink(provisioned("yealink-t4x", ours))
    assert by_yealink["account.1.sip_server.1.transport_type"] + by_yealink["account.1.srtp_encryption"] == numbers
    by_grandstream = grandstream(provisioned("grandstream-grp261x", ours))
    assert by_grandstream["P130"] + by_grandstream["P183"] == numbers
    by_linphone = linphone(provisioned("linphone", ours))
    assert by_linphone["proxy_0"]["reg_proxy"] == f"<sip:pbx.example:5060;transport={transport}>"
    assert by_linphone["sip"]["media_encryption"] == ("none" if srtp == "no" else "srtp")
    assert by_linphone["sip"]["media_encryption_mandatory"] == ("1" if srtp == "required" else "0")


def test_codecs_in_the_sites_order_and_no_others() -> None:
    said = yealink(provisioned("yealink-t4x", account(codecs=("g722", "alaw"))))
    enabled = {name for name, value in said.items() if re.search(r"codec\..*\.enable", name) and value == "1"}
    assert enabled == {"account.1.codec.g722.enable", "account.1.codec.pcma.enable"}
    assert (said["account.1.codec.g722.priority"], said["account.1.codec.pcma.priority"]) == ("1", "2")
    values = grandstream(provisioned("grandstream-grp261x", account(codecs=("alaw", "g722", "ulaw"))))
    order = [values[name] for name in ("P57", "P58", "P59", "P60", "P61", "P62", "P46", "P98")]
    assert order == ["8", "9", "0", "0", "0", "0", "0", "0"]


@pytest.mark.parametrize(
    ("dtmf", "yealinks", "grandstreams"), [("rfc4733", "1", "010"), ("info", "2", "001"), ("inband", "0", "100")]
)
def test_keys_in_a_call(dtmf: str, yealinks: str, grandstreams: str) -> None:
    assert yealink(provisioned("yealink-t4x", account(dtmf=dtmf)))["account.1.dtmf.type"] == yealinks
    values = grandstream(provisioned("grandstream-grp261x", account(dtmf=dtmf)))
    assert "".join(values[name] for name in ("P2301", "P2302", "P2303")) == grandstreams


def test_feature_codes_are_keys_of_the_phone() -> None:
    said = yealink(provisioned("yealink-t4x", ACCOUNT))
    keys = [
        (said[f"linekey.{at}.type"], said[f"linekey.{at}.value"], said[f"linekey.{at}.label"]) for at in range(2, 8)
    ]
    assert keys == [
        ("13", "*11", "签入"),
        ("13", "*12", "签出"),
        ("13", "*13", "小休"),
        ("13", "*14", "恢复"),
        ("11", "*5", "暂停录音"),
        ("11", "*6", "继续录音"),
    ]
    assert said["linekey.1.type"] == "15"
    values = grandstream(provisioned("grandstream-grp261x", ACCOUNT))
    assert [values[name] for name in ("P1365", "P1366", "P1467", "P1468")] == ["0", "0", "签入", "*11"]
    assert [values[name] for name in ("P23800", "P23802", "P23803")] == ["5", "继续录音", "*6"]


def test_a_grandstreams_account() -> None:
    values = grandstream(provisioned("grandstream-grp261x", ACCOUNT))
    said = {name: values[name] for name in ("P271", "P47", "P35", "P36", "P34", "P3", "P30", "P64", "P1362", "P91")}
    assert said == {
        "P271": "1",
        "P47": "pbx.example:5060",
        "P35": "desk-7.b",
        "P36": "desk-7.b",
        "P34": ACCOUNT.password,
        "P3": "张三",
        "P30": "ntp.example",
        "P64": "TZY-8",
        "P1362": "zh",
        "P91": "1",
    }


def test_a_linphones_account() -> None:
    sections = linphone(provisioned("linphone", account(server="2001:db8::1", transport="tls", port=5061)))
    assert sections["proxy_0"]["reg_proxy"] == "<sip:[2001:db8::1]:5061;transport=tls>"
    assert sections["proxy_0"]["reg_identity"] == '"张三" <sip:desk-7.b@[2001:db8::1]>'
    assert sections["auth_info_0"]["username"] == "desk-7.b"
    assert sections["auth_info_0"]["passwd"] == ACCOUNT.password


def test_a_site_in_english_and_elsewhere() -> None:
    ours = account(language="en", time_zone="Europe/Berlin")
    said = yealink(provisioned("yealink-t4x", ours))
    assert said["lang.gui"] == "English"
    assert said["linekey.2.label"] == "Sign in"
    assert "local_time.time_zone" not in said  # the phone keeps its own
    values = grandstream(provisioned("grandstream-grp261x", ours))
    assert values["P1362"] == "en"
    assert "P64" not in values


NAMES = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), min_size=1, max_size=64)


@given(name=NAMES.filter(lambda text: text == text.strip()))
@example(name="王&五 <b>'\"]]>")
@example(name="#!version")
@example(name="{{ 7 * 7 }}")
def test_no_name_breaks_out_of_its_place(name: str) -> None:
    ours = account(name=name)
    assert yealink(provisioned("yealink-t4x", ours))["account.1.display_name"] == name
    assert grandstream(provisioned("grandstream-grp261x", ours))["P3"] == name
    assert linphone(provisioned("linphone", ours))["proxy_0"]["reg_identity"].startswith(f'"{name}" <')


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("mark", ["\n", "\r", "\x00", "\x1b", "\x85", "\u2028", "\u202e", "\u200b"])
def test_control_characters_are_refused(model: str, mark: str) -> None:
    with pytest.raises(ConfigError, match=f"U\\+{ord(mark):04X}"):
        provisioned(model, account(name=f"张{mark}account.1.enable = 0"))


@pytest.mark.parametrize("model", [name for name, kind in MODELS.items() if kind.content_type == "text/xml"])
def test_what_is_xml_is_xml(model: str) -> None:
    assert provisioned(model, ACCOUNT).startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    ET.fromstring(provisioned(model, ACCOUNT))


@pytest.mark.parametrize("text", ["80:5E:C0:12:34:56", "80-5e-c0-12-34-56", "805ec0123456", "805e.c012.3456"])
def test_hardware_addresses_in_every_spelling(text: str) -> None:
    assert mac_of(text) == "805ec0123456"


@pytest.mark.parametrize(
    "text", ["", "805ec012345", "805ec01234567", "805ec012345g", "../../etc/pass", "８05ec0123456"]
)
def test_what_is_no_hardware_address(text: str) -> None:
    with pytest.raises(ConfigError, match="hardware address"):
        mac_of(text)
