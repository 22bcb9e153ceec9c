"""The doctor's judgements on what a PBX says: hand-made cases, and anything at all."""

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telephony.config import Site, parse_site
from zhitong.cli.checks.case import Case, Rights, rights_of
from zhitong.cli.checks.dialplan import judge_dialplan, wanted_contexts
from zhitong.cli.checks.findings import Finding, Severity
from zhitong.cli.checks.login import judge_cdr, judge_login, judge_system_name, judge_version
from zhitong.cli.checks.pipe import Heard, Kind
from zhitong.cli.checks.queues import judge_phones, judge_queues
from zhitong.cli.checks.reach import greeting
from zhitong.cli.checks.relay import Peer
from zhitong.cli.checks.rights import NEEDED, judge_rights
from zhitong.cli.checks.stream import Overheard, judge_clock, judge_events
from zhitong.cli.checks.trunks import judge_trunks

# As a real Asterisk 22.10.1 answers a user with ``write = reporting,originate,call,agent``; a part.
LIST_COMMANDS = """\
Response: Success
ActionID: zt-doctor-1-2
BridgeInfo: Get information about a bridge.  (Priv: <none>)
CoreSettings: Show PBX core settings (version etc).  (Priv: system,reporting,all)
CoreShowChannels: List currently active channels.  (Priv: system,reporting,all)
CoreStatus: Show PBX core status variables.  (Priv: system,reporting,all)
DBGetTree: Get DB entries, optionally at a particular family/key  (Priv: system,reporting,all)
Hangup: Hangup channel.  (Priv: system,call,all)
Login: Login Manager.  (Priv: <none>)
MixMonitorMute: Mute / unMute a Mixmonitor recording.  (Priv: system,call,all)
Originate: Originate a call.  (Priv: originate,all)
Ping: Keepalive command.  (Priv: <none>)
PlayDTMF: Play DTMF signal on a specific channel.  (Priv: call,all)
QueueAdd: Add interface to queue.  (Priv: agent,all)
QueuePause: Makes a queue member temporarily unavailable.  (Priv: agent,all)
QueuePenalty: Set the penalty for a queue member.  (Priv: agent,all)
QueueReload: Reload a queue, queues, or any sub-section of a queue or queues.  (Priv: <none>)
QueueRemove: Remove interface from queue.  (Priv: agent,all)
QueueStatus: Show queue status.  (Priv: <none>)
ShowDialPlan: Show dialplan contexts and extensions  (Priv: config,reporting,all)
"""

SITE = """
name = "某市12345"
hotline = ["12345"]
[[trunk]]
name = "carrier"
hosts = ["192.0.2.1"]
[[trunk]]
name = "mobile"
hosts = ["192.0.2.2"]
numbers = ["95000"]
register = true
username = "gov"
[[queue]]
name = "hotline"
[[queue]]
name = "policy"
"""


@pytest.fixture(scope="module")
def site() -> Site:
    return parse_site(SITE)


def severities(findings: Iterable[Finding]) -> list[Severity]:
    return [finding.severity for finding in findings]


# --- rights --------------------------------------------------------------------------------------------------


def test_rights_as_asterisk_lists_them() -> None:
    rights = rights_of(LIST_COMMANDS.splitlines(keepends=True))
    assert rights.actions["CoreSettings"] == {"system", "reporting"}
    assert rights.actions["Ping"] == frozenset()
    assert len(rights.actions) == 18  # not the reply's own headers
    assert severities(judge_rights(rights)) == [Severity.OK]


@given(st.sets(st.sampled_from(sorted(NEEDED))))
def test_each_right_that_is_missing_is_named(missing: set[str]) -> None:
    rights = rights_of(LIST_COMMANDS.splitlines(keepends=True))
    left = Rights({action: classes for action, classes in rights.actions.items() if action not in missing})
    said = [finding.found.en.removeprefix("The AMI user may not do ") for finding in judge_rights(left)]
    assert set(said) == (missing or {"The AMI user has just the rights it needs"})


@given(st.lists(st.text()))
@example(["Ping: (Priv: x)", "Ping: " + "(Priv: " * 5000])
def test_no_list_of_commands_breaks_it(lines: list[str]) -> None:
    assert list(judge_rights(rights_of(lines)))


# --- what a PBX says of itself -------------------------------------------------------------------------------


@given(st.binary())
def test_any_greeting_ends_in_printable_words(line: bytes) -> None:
    finding = greeting(Peer("192.0.2.1", 5038), line)
    assert finding.severity is Severity.ERROR  # no random bytes are a PBX
    assert finding.found.en.isprintable()


def test_an_address_of_ipv6_is_written_with_brackets() -> None:
    finding = greeting(Peer("2001:db8::1", 5038), b"Asterisk Call Manager/11.0.0\r\n")
    assert finding.found.en == "Reached: AMI 11.0.0 · [2001:db8::1]:5038"


@given(st.text())
@example("22")
@example("Asterisk 22.1")
def test_any_version_is_judged(text: str) -> None:
    assert judge_version(text).severity in Severity


@given(st.dictionaries(st.text(), st.text()))
def test_any_answer_to_a_login_is_judged(headers: dict[str, str]) -> None:
    finding = judge_login(Heard(Kind.REPLY, 0.0, headers), "zhitong")
    assert (finding.severity is Severity.OK) == (headers.get("Response") in ("Success", "Follows", "Goodbye"))
    assert len(finding.found.zh) < 200


def test_cdr_and_system_name() -> None:
    assert list(judge_cdr("Yes")) == []
    assert severities(judge_cdr("No")) == [Severity.WARNING]
    assert list(judge_cdr("")) == []  # a version that does not say
    assert judge_system_name("pbx1", "pbx1").severity is Severity.OK
    assert judge_system_name("PBX1", "pbx1").severity is Severity.ERROR


@pytest.mark.parametrize(
    ("ahead_s", "severity"),
    [
        (0.0, Severity.OK),
        (0.499, Severity.OK),
        (-0.499, Severity.OK),
        (0.5, Severity.WARNING),
        (-1.999, Severity.WARNING),
        (2.0, Severity.ERROR),
        (-86_400.0, Severity.ERROR),
    ],
)
def test_clocks(ahead_s: float, severity: Severity) -> None:
    assert judge_clock(ahead_s).severity is severity


def test_no_difference_of_clocks_is_negative() -> None:
    found = judge_clock(-0.0004).found
    assert "+0 ms" in found.en
    assert "-0" not in found.en + found.zh


# --- dialplan, queues, trunks --------------------------------------------------------------------------------


def test_the_contexts_of_a_site(site: Site) -> None:
    assert wanted_contexts(site) == (
        "zt-in-carrier",
        "zt-in-mobile",
        "zt-queue-hotline",
        "zt-queue-policy",
        "zt-wake",
        "zt-phone",
        "zt-transfer",
        "zt-callback",
        "zt-out",
        "zt-end",
        "zt-wrapup",
        "zt-promise",
        "zt-spy",
        "zt-relieve",
        "zt-sent",
        "zt-room-caller",
        "zt-room-agent",
        "zt-room-guest",
        "zt-room-pair",
        "zt-invite",
        "zt-invited",
        "zt-lines",
        "zt-hand-over",
        "zt-together",
        "zt-sweep",
        "zt-after",
    )


def test_a_trunk_s_own_numbers_count(site: Site) -> None:
    def line(context: str, exten: str) -> dict[str, str]:
        return {"Context": context, "Extension": exten}

    found = {"zt-in-carrier": [line("zt-in-carrier", "12345")], "zt-in-mobile": [line("zt-in-mobile", "12345")]}
    said = [finding.found.en for finding in judge_dialplan(found, Case(site))]
    assert "zt-in-mobile does not know the number 95000" in said
    assert not any("zt-in-carrier does not" in words for words in said)


_HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("Event", "Context", "Extension", "Application", "AppData", "Queue", "Name", "Status", "Strategy", "Max"),
            *("Weight", "ObjectName"),
        ]
    ),
    st.sampled_from(["QueueParams", "QueueMember", "hotline", "policy", "s", "Queue", "4", "5", "zt-end"]) | st.text(),
)


@given(st.lists(_HEADERS))
def test_no_list_of_a_pbx_breaks_a_judgement(entries: list[dict[str, str]]) -> None:
    case = Case(parse_site(SITE))
    assert list(judge_queues(entries, case))
    assert list(judge_phones(entries, case))
    assert len(list(judge_trunks(entries, case))) == 1  # one trunk registers
    assert list(judge_dialplan({"zt-end": entries, "zt-phone": entries}, case))


# --- events --------------------------------------------------------------------------------------------------


def overheard(**what: object) -> Overheard:
    nothing: dict[str, object] = {
        "sent": None,
        "probe": None,
        "variable_sent": False,
        "variable_seen": False,
        "names": {},
    }
    return Overheard(**(nothing | what))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        (overheard(), {"events": Severity.NOTE}),
        (overheard(names={"FullyBooted": 1}), {"events": Severity.NOTE}),
        (
            overheard(sent=True, probe={}, timed=1, names={"UserEvent": 1}),
            {"events": Severity.OK, "timestamps": Severity.OK},
        ),
        (
            overheard(sent=True, probe={}, timed=1, variable_sent=True, names={"UserEvent": 1}),
            {"events": Severity.OK, "timestamps": Severity.OK, "event-filter": Severity.OK},
        ),
        (overheard(sent=True), {"events": Severity.ERROR}),
        (overheard(sent=False, refusal="no"), {"events": Severity.ERROR}),
        (
            overheard(sent=True, probe={}, timed=1, untimed=1, names={"UserEvent": 1, "Hangup": 1}),
            {"events": Severity.OK, "timestamps": Severity.ERROR, "event-filter": Severity.OK},
        ),
        (
            overheard(timed=1, names={"Newexten": 1}),
            {"events": Severity.OK, "timestamps": Severity.OK, "event-filter": Severity.WARNING},
        ),
    ],
)
def test_what_was_heard_and_what_it_means(heard: Overheard, said: dict[str, Severity]) -> None:
    assert {finding.check: finding.severity for finding in judge_events(heard)} == said
