"""From site, agent and secrets to what a phone must know."""

import msgspec
import pytest

from dialplans.handsets.account import Account, account_of, server_of
from dialplans.handsets.files import provisioned
from telephony.config import parse_site
from telephony.directory.agents import Agent, QueueMembership
from telephony.errors import ConfigError
from telephony.model.ids import MemberName, QueueName
from telephony.secrets import Secrets

SITE = """
name = "某市12345"
hotline = ["12345"]
[[queue]]
name = "hotline"
[[trunk]]
name = "carrier"
hosts = ["203.0.113.10"]
"""
PROFILES = """
[[phone_profile]]
name = "desk"
[[phone_profile]]
name = "home"
transport = "tls"
srtp = "required"
codecs = ["g722", "alaw"]
dtmf = "info"
"""
SECRETS = Secrets(ami="a" * 32, phones={"1001": "p" * 32})


def made(site: str, profile: str = "") -> Account:
    agent = Agent(MemberName("1001"), "张三", (), "1001", profile)
    return account_of(parse_site(SITE + site), agent, SECRETS)


def test_what_is_left_out_is_the_sites() -> None:
    account = made('[sip]\nbind = "192.0.2.5"\nport = 5070\n')
    assert (account.server, account.port, account.transport, account.srtp) == ("192.0.2.5", 5070, "udp", "no")
    assert account.codecs[:2] == ("alaw", "g722")
    assert (account.dtmf, account.time_zone) == ("rfc4733", "Asia/Shanghai")
    assert account.password == "p" * 32


def test_a_profile_decides() -> None:
    tls = '[sip]\ntransports = ["udp", "tls"]\ntls_port = 5099\n[phones]\nserver = "pbx.example"\nntp = "ntp.example"\n'
    account = made(tls + PROFILES, "home")
    assert (account.server, account.port, account.transport, account.srtp) == ("pbx.example", 5099, "tls", "required")
    assert (account.codecs, account.dtmf, account.ntp) == (("g722", "alaw"), "info", "ntp.example")
    assert made(tls + PROFILES).transport == "udp"  # the first


def test_where_phones_reach_the_pbx_must_be_said_when_it_listens_everywhere() -> None:
    with pytest.raises(ConfigError, match=r"\[phones\] server"):
        server_of(parse_site(SITE))


def test_keys_are_the_sites_feature_codes() -> None:
    site = '[sip]\nbind = "192.0.2.5"\n[feature_codes]\nsign_in = "*71"\n'
    assert [(key.code, key.dialled) for key in made(site).keys] == [
        ("*71", True),
        ("*12", True),
        ("*13", True),
        ("*14", True),
    ]
    recorded = made(site + "[recording]\non = true\nkeep_days = 30\n").keys
    assert [key.code for key in recorded if not key.dialled] == ["*5", "*6"]


def test_a_phone_without_a_password_is_refused() -> None:
    agent = Agent(MemberName("1002"), "李四", (), "1002")
    with pytest.raises(ConfigError, match="1002 has no password"):
        account_of(parse_site(SITE + '[sip]\nbind = "192.0.2.5"\n'), agent, SECRETS)


@pytest.mark.parametrize(
    ("wants", "queue", "asked"),
    [(True, "agents", True), (False, "agents", False), (False, "everybody", True), (True, "nobody", False)],
)
def test_a_phone_may_be_asked_to_pick_up_where_agent_or_queue_wants_it(wants: bool, queue: str, asked: bool) -> None:
    text = SITE.replace("[[queue]]", f'[[queue]]\nauto_answer = "{queue}"')
    site = parse_site(text + '[phones]\nserver = "pbx.example"\n')
    member = (QueueMembership(QueueName(site.queues[0].name)),)
    agent = Agent(MemberName("1001"), "张三", member, "1001", auto_answer=wants)
    assert account_of(site, agent, SECRETS).auto_answer is asked
    assert account_of(site, msgspec.structs.replace(agent, queues=()), SECRETS).auto_answer is False
    assert f"<P298>{int(asked)}</P298>" in provisioned("grandstream-grp261x", account_of(site, agent, SECRETS))
