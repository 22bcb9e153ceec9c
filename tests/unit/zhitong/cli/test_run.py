"""What ``zhitong run`` writes and says. The command at work: tests/acceptance/test_run.py."""

import tomllib
from collections.abc import Iterator

import msgspec
import pytest

from telephony.config import parse_site
from telephony.model.terms import AbandonedIn, Outcome
from telephony.records.masked import masked
from tests.unit.telephony.records.samples import call_id, record
from zhitong.cli import run
from zhitong.lab.ports import Ports, is_free, reserve


@pytest.fixture
def ports() -> Iterator[Ports]:
    with reserve(500) as block:
        yield block


def sample() -> str:
    return (run.SAMPLE / "site.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("bind", "sip"), [("127.0.0.1", 5060), ("0.0.0.0", 30_000), ("192.0.2.7", 5060)])
def test_the_sample_becomes_a_site_of_this_machine(ports: Ports, bind: str, sip: int) -> None:
    site = parse_site(run.site_text(sample(), ports, bind, sip))
    before = parse_site(sample())
    assert (site.sip.bind, site.sip.port) == (bind, sip)
    assert (site.pbx.ami.host, site.pbx.ami.bind, site.pbx.ami.port) == ("127.0.0.1", "127.0.0.1", ports.ami)
    assert range(site.sip.rtp_start, site.sip.rtp_end + 1) == ports.rtp
    replaced = msgspec.structs.replace(site, sip=before.sip, pbx=before.pbx)
    assert replaced == before  # nothing else of the sample is touched


def test_the_sample_keeps_room_for_those_tables() -> None:
    """TOML allows a table once: the sample may not have what ``site_text`` adds."""
    said = tomllib.loads(sample())
    assert "sip" not in said
    assert "ami" not in said.get("pbx", {})


def test_what_to_type_into_a_softphone() -> None:
    assert run.addresses("192.0.2.7") == ["192.0.2.7"]
    everywhere = run.addresses("0.0.0.0")
    assert everywhere[-1] == "127.0.0.1"
    assert "0.0.0.0" not in everywhere
    for address in everywhere:
        assert is_free(address, 0)  # it is one of this machine's: a port can be bound there


def test_a_machine_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoRoute:
        def __init__(self, *_: object) -> None:
            raise OSError("Network is unreachable")

    monkeypatch.setattr("zhitong.cli.run.socket.socket", NoRoute)
    assert run.addresses("0.0.0.0") == ["127.0.0.1"]


def test_a_call_that_was_answered() -> None:
    first, second = run.lines_of(masked(record(1)), "Asia/Shanghai")
    assert first == f"10:57:45  138****5678 → 1001  接通 answered  {call_id(1)}"
    assert second.split() == ["接通", "connect", "3.0", "s", "·", "通话", "talk", "60.0", "s"]


def test_a_call_that_was_not() -> None:
    call = record(
        1, outcome=Outcome.ABANDONED, abandoned_in=AbandonedIn.RINGING, agent=None, answered_at=None, caller_number=""
    )
    assert run.lines_of(call, "Asia/Shanghai") == [f"10:57:45  — → —  放弃 abandoned · 振铃 ringing  {call_id(1)}"]
