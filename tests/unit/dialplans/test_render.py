"""What a site becomes, file by file. That Asterisk understands it, tests/integration/dialplans shows."""

import re
import stat
from pathlib import Path

import pytest

from dialplans.contract import AMI_EVENTS, CEL_EVENTS
from dialplans.parse import sections, stray_lines
from dialplans.render import SECRET_FILES, Lab, Mode, render, write
from telephony.config import parse_site
from telephony.errors import ConfigError
from telephony.secrets import Secrets
from tests.unit.dialplans.sites import BASE, FULL, HEARD, agents, apps, plan, rendered, sample, secrets_for, value

ALWAYS = BASE.replace("[[trunk]]", '[agents]\nsign_in = "always"\n[[trunk]]')


def test_rendering_is_pure_and_the_same_twice() -> None:
    assert rendered(FULL) == rendered(FULL)


@pytest.mark.parametrize("text", [BASE, FULL, ALWAYS])
@pytest.mark.parametrize("mode", list(Mode))
def test_every_line_can_be_read_and_nothing_was_left_empty(text: str, mode: Mode) -> None:
    for name, content in rendered(text, mode=mode).items():
        assert content.endswith("\n"), name
        assert "{{" not in content, name
        assert "{%" not in content, name
        assert "None" not in content, name
        if name.endswith("extensions.conf"):
            assert list(stray_lines(content)) == []


def test_a_new_pbx_gets_every_file_it_needs() -> None:
    assert set(rendered()) >= {
        "asterisk.conf",
        "modules.conf",
        "extensions.conf",
        "queues.conf",
        "pjsip.conf",
        "manager.conf",
        "features.conf",
        "cel.conf",
        "cel_custom.conf",
        "cdr.conf",
        "cdr_custom.conf",
        "logger.conf",
        "musiconhold.conf",
        "indications.conf",
        "rtp.conf",
        "confbridge.conf",
    }


def test_an_existing_pbx_gets_files_to_include_that_replace_nothing() -> None:
    files = rendered(mode=Mode.INCLUDE)
    assert all(name.startswith("zhitong-") for name in files)
    assert not {"zhitong-asterisk.conf", "zhitong-modules.conf", "zhitong-rtp.conf"} & set(files)
    for name, text in files.items():
        bare = [
            line
            for line in text.splitlines()
            if line.strip() in {"[general]", "[global]", "[mappings]", "[featuremap]"}
        ]
        assert bare == [], f"{name} would begin a section that is there already"


# --- calls ------------------------------------------------------------------------------------------------------


def test_a_trunks_numbers_lead_to_its_queue() -> None:
    ways = plan(rendered(FULL))
    assert apps(ways["zt-in-backup"]["12345"])[-1] == "Goto(zt-queue-duty,s,1)"
    assert apps(ways["zt-in-carrier"]["12345"])[-1] == "Goto(zt-queue-hotline,s,1)"
    assert "+861012345" in ways["zt-in-early"]
    assert "12345" not in ways["zt-in-early"]


def test_the_answer_policy_is_the_trunks() -> None:
    ways = plan(rendered(FULL))
    policies = {trunk: apps(ways[f"zt-in-{trunk}"][number]) for trunk, number in TRUNKS}
    assert not [step for step in policies["carrier"] if step.startswith("Answer")]
    assert "Progress()" not in policies["carrier"]
    assert "Set(ZT_TONE=r)" in policies["carrier"]
    assert policies["backup"][3:5] == ["Answer(,i)", "Set(ZT_TONE=R)"]
    assert policies["early"][3:5] == ["Progress()", "Set(ZT_TONE=R)"]


TRUNKS = (("carrier", "12345"), ("backup", "12345"), ("early", "+861012345"))


def test_nothing_answers_a_call_before_its_agent_but_the_trunk_that_asks_for_it() -> None:
    # Answers elsewhere are the baseline's menu, the sound after an agent's code, and what is no call (zt-wrapup).
    text = rendered(FULL)["extensions.conf"]
    steps = [step for extens in plan(rendered(FULL)).values() for each in extens.values() for step in each]
    assert text.count("Answer(") == len([step for step in steps if step.app == "Answer"]) + text.count("?Answer():")
    assert {step.context for step in steps if step.app == "Answer"} == {
        *("zt-in-backup", "zt-menu", "zt-told", "zt-promise", "zt-wrapup")
    }
    assert all("noanswer" in step.args for step in steps if step.app == "Playback" and step.context != "zt-told")
    said = apps(plan(rendered(FULL))["zt-say"]["s"])[0]
    assert said == 'ExecIf($["${ZT_AT_ENTRY}"="1"]?Answer():Progress())'


def test_the_hangup_handler_is_pushed_before_anything_can_fail() -> None:
    first = plan(rendered())["zt-entry"]["s"][0]
    assert (first.app, first.args) == ("Set", "CHANNEL(hangup_handler_push)=zt-end,s,1")


def test_a_queue_is_entered_with_c_and_t_and_leaves_by_a_word() -> None:
    steps = apps(plan(rendered(FULL))["zt-queue-hotline"]["s"])
    assert "Queue(hotline,ct${ZT_TONE},,,600)" in steps
    assert "Goto(zt-queue-duty,s,1)" in steps
    duty = apps(plan(rendered(FULL))["zt-queue-duty"]["s"])
    assert "Queue(duty,ct${ZT_TONE},,,)" in duty
    assert "Goto(zt-transfer,1002,1)" in duty
    assert "Goto(zt-promise,s,1)" in apps(plan(rendered())["zt-queue-hotline"]["s"])
    hangup = BASE + 'overflow = "hangup"\n'
    assert "Goto(zt-bye,${ZT_STATUS},1)" in apps(plan(rendered(hangup))["zt-queue-hotline"]["s"])


def test_an_exit_is_a_key_of_the_queues_own_context() -> None:
    files = rendered(FULL)
    context = plan(files)["zt-queue-hotline"]
    assert set(context) == {"s", "1", "2", "3"}
    told = ["Gosub(zt-left,s,1(hotline,EXITKEY,2))", "Set(ZT_WHY=EXITKEY)"]
    assert apps(context["2"]) == [*told, "Goto(zt-transfer,1001,1)"]
    assert value(files["queues.conf"], "hotline", "context") == ["zt-queue-hotline"]
    assert value(files["queues.conf"], "duty", "context") == []


def test_opening_hours_end_before_their_last_minute() -> None:
    hours = apps(plan(rendered(FULL))["zt-hours"]["s"])
    zone = "*,*,Asia/Shanghai?Set(ZT_OPEN=1)"
    assert f"ExecIfTime(08:30-11:59,mon,{zone})" in hours
    assert f"ExecIfTime(13:30-23:59,mon,{zone})" in hours
    assert apps(plan(rendered(FULL))["zt-dates"]["20261001"]) == ["Set(ZT_OPEN=0)", "Return()"]
    worked = apps(plan(rendered(FULL))["zt-dates"]["20261010"])
    assert worked[1] == "ExecIfTime(08:30-17:29,*,*,*,Asia/Shanghai?Set(ZT_OPEN=1))"


def test_without_rules_the_hotline_is_always_open() -> None:
    assert "zt-hours" not in plan(rendered())
    assert "zt-hours" not in rendered()["extensions.conf"]


def test_recording_begins_when_the_queue_connects() -> None:
    shown = plan(rendered(FULL))
    named = [step for step in apps(shown["zt-entry"]["s"]) if "MONITOR_FILENAME" in step]
    assert named == ['ExecIf($["${ZT_RECORDING}"!=""]?Set(MONITOR_FILENAME=/srv/recordings/${ZT_RECORDING:0:-4}))']
    assert value(rendered(FULL)["queues.conf"], "hotline", "monitor-format") == ["wav"]
    assert value(rendered(FULL)["queues.conf"], "hotline", "monitor-type") == []
    old = rendered(FULL + '[pbx]\nversion = "20.11"\n')["queues.conf"]
    assert value(old, "hotline", "monitor-type") == ["MixMonitor"], "it would use another recorder there"
    assert "monitor" not in rendered()["extensions.conf"].lower() + rendered()["queues.conf"].lower()


def test_a_baseline_takes_its_own_numbers_or_all() -> None:
    beside = plan(rendered(FULL))["zt-in-carrier"]
    assert apps(beside["12399"])[-1] == "Goto(zt-menu,s,1)"
    assert apps(beside["12345"])[-1] == "Goto(zt-queue-hotline,s,1)"
    instead = plan(rendered(BASE + '[baseline]\nprompts = ["beep"]'))["zt-in-carrier"]
    assert apps(instead["12345"])[-1] == apps(instead["12346"])[-1] == "Goto(zt-menu,s,1)"
    assert "zt-menu" not in plan(rendered())


# --- agents -------------------------------------------------------------------------------------------------------


def test_members_are_static_only_where_agents_need_not_sign_in() -> None:
    people = agents("1001", queues="hotline:3") + agents("1002")
    assert value(rendered(BASE, people)["queues.conf"], "hotline", "member") == []
    assert value(rendered(BASE, people)["queues.conf"], "general", "persistentmembers") == ["yes"]
    always = rendered(ALWAYS, people)["queues.conf"]
    assert value(always, "hotline", "member") == ["PJSIP/1001,3,1001", "PJSIP/1002,0,1002"]
    assert value(always, "general", "persistentmembers") == ["no"]


def test_each_agents_duty_is_a_line_of_its_own() -> None:
    people = agents("1001", queues="hotline;duty:5")
    duty = plan(rendered(FULL, people + agents("1002")))["zt-duty"]
    assert apps(duty["k1001"])[:2] == ["Set(ZT_AGENT=1001)", "Set(ZT_DUTY=hotline:0&duty:5)"]


def test_a_citizen_never_gets_the_right_to_transfer() -> None:
    steps = [step for extens in plan(rendered(FULL)).values() for each in extens.values() for step in each]
    may = {
        step.context
        for step in steps
        if step.app == "Gosub" and step.args.startswith("zt-ring") and "T" in step.args.rpartition(",")[2]
    }
    assert may == {"zt-dial"}
    queues = [step.args.split(",")[1] for step in steps if step.app == "Queue"]
    assert set(queues) == {"ct${ZT_TONE}"}


def test_a_phone_has_an_endpoint_a_password_and_a_name() -> None:
    text = rendered()["pjsip.conf"]
    assert value(text, "1001", "callerid") == ['"张三" <1001>']
    assert value(text, "1001", "password") == ["phone" + "0" * 27]
    assert value(text, "zt-phone", "context") == ["zt-phone"]
    assert value(text, "zt-phone", "device_state_busy_at") == ["1"]
    assert value(text, "zt-phone", "direct_media") == ["no"]


def test_a_phone_without_a_password_is_an_error_that_names_it() -> None:
    with pytest.raises(ConfigError, match="phone '1001' has no password"):
        render(parse_site(BASE), agents("1001"), Secrets(ami="a" * 32))


# --- trunks -------------------------------------------------------------------------------------------------------


def test_a_trunk_is_known_by_address_alone_and_nobody_is_anonymous() -> None:
    text = rendered()["pjsip.conf"]
    assert value(text, "trunk-carrier", "match") == ["203.0.113.10:5060", "203.0.113.0/24"]
    assert value(text, "trunk-carrier", "context") == ["zt-in-carrier"]
    assert value(text, "global", "endpoint_identifier_order") == ["header,ip,username"]
    assert "anonymous" not in [name for name, _ in sections(text)]


def test_a_trunk_is_not_told_whom_its_call_is_connected_to() -> None:
    """An UPDATE would show the agent to the citizen's carrier, and the citizen to a specialist's."""
    text = rendered()["pjsip.conf"]
    assert value(text, "trunk-carrier", "send_connected_line") == ["no"]


@pytest.mark.parametrize(
    ("sender", "odd"),
    [
        ("<sip:13800000001@192.0.2.1>", False),
        ('"王小明" <sip:%2B8613800000001@192.0.2.1>', False),
        ("<sip:1%23%2A@192.0.2.1>", False),
        ("<sip:138%0D%0AEvent@192.0.2.1>", True),
        ("<sip:138%0a@192.0.2.1>", True),
        ("<sip:138%1bx@192.0.2.1>", True),
        ("<sip:138%7F@192.0.2.1>", True),
        ('"a\x01" <sip:138@192.0.2.1>', True),
    ],
)
def test_who_would_break_the_pbxs_lines_is_known_first(sender: str, odd: bool) -> None:
    """Asterisk matches by POSIX's regular expressions, which know the control characters by name."""
    text = rendered()["pjsip.conf"]
    (match,) = value(text, "zt-odd", "match_header")
    header, _, pattern = match.partition(": ")
    assert (header, pattern[0], pattern[-1]) == ("From", "/", "/")
    found = re.search(pattern[1:-1].replace("[[:cntrl:]]", "[\x00-\x1f\x7f]"), sender)
    assert (found is not None) == odd
    assert value(text, "zt-odd", "context") == ["zt-odd"]
    assert "[zt-odd]" not in rendered()["extensions.conf"]


def test_a_trunk_that_registers_uses_the_carriers_password() -> None:
    text = rendered(FULL)["pjsip.conf"]
    assert value(text, "trunk-carrier", "client_uri") == ["sip:u.1@203.0.113.10:5060"]
    assert value(text, "trunk-carrier", "password") == ["carriers,own=1"]
    assert value(text, "trunk-carrier", "outbound_auth") == ["trunk-carrier", "trunk-carrier"]
    assert value(text, "trunk-backup", "allow") == ["g722"]


def test_a_trunk_that_registers_without_a_password_is_an_error_that_says_where_to_put_it() -> None:
    secrets = Secrets(ami="a" * 32, phones=secrets_for(agents("1001", "1002")).phones)
    with pytest.raises(ConfigError, match=r"trunk 'carrier' registers.*\[trunks\]"):
        render(parse_site(FULL), agents("1001", "1002"), secrets)


@pytest.mark.parametrize(
    ("host", "contact"),
    [
        ("203.0.113.10", "sip:203.0.113.10:5060"),
        ("203.0.113.10:5080", "sip:203.0.113.10:5080"),
        ("203.0.113.10/32", "sip:203.0.113.10:5060"),
        ("sip.example.net", "sip:sip.example.net:5060"),
        ("2001:db8::1", "sip:[2001:db8::1]:5060"),
        ("[2001:db8::1]:5080", "sip:[2001:db8::1]:5080"),
    ],
)
def test_calls_go_out_to_the_first_host(host: str, contact: str) -> None:
    text = rendered(BASE.replace('"203.0.113.10:5060"', f'"{host}"'))["pjsip.conf"]
    assert value(text, "trunk-carrier", "contact") == [contact]


# --- manager, logs, modules ---------------------------------------------------------------------------------------


def test_the_manager_user_gets_just_the_events_of_the_contract() -> None:
    text = rendered()["manager.conf"]
    filters = [line for line in text.splitlines() if line.startswith("eventfilter")]
    assert filters == [f"eventfilter(action(include),name({event})) =" for event in AMI_EVENTS]
    assert value(text, "zhitong", "writetimeout") == ["10000"]
    assert value(text, "zhitong", "deny") == ["0.0.0.0/0.0.0.0", "::/0"]
    assert value(text, "zhitong", "permit") == ["127.0.0.1/32"]
    assert value(text, "general", "timestampevents") == ["yes"]


def test_with_tls_the_plain_port_stays_on_this_machine() -> None:
    site = BASE + '[pbx.ami]\ntls = true\nport = 5039\nbind = "0.0.0.0"\n'
    text = rendered(site)["manager.conf"]
    assert value(text, "general", "tlsbindaddr") == ["0.0.0.0:5039"]
    assert value(text, "general", "bindaddr") == ["127.0.0.1"]
    assert value(text, "general", "port") == ["5038"]


def test_cel_names_its_events_and_never_all_or_keys() -> None:
    assert value(rendered()["cel.conf"], "general", "events") == [",".join(CEL_EVENTS)]
    assert not {"ALL", "DTMF", "STREAM_BEGIN"} & set(CEL_EVENTS)


def test_what_keeps_a_stuck_log_from_stopping_calls_is_set() -> None:
    assert value(rendered()["pjsip.conf"], "global", "taskprocessor_overload_trigger") == ["pjsip_only"]


def test_cdr_shows_unanswered_calls_once() -> None:
    settings = {key: value(rendered()["cdr.conf"], "general", key) for key in CDR}
    assert settings == {key: [setting] for key, setting in CDR.items()}


CDR = {"unanswered": "yes", "congestion": "yes", "endbeforehexten": "yes", "batch": "no"}


def test_queue_log_shows_the_agents_number() -> None:
    assert value(rendered()["queues.conf"], "general", "log_membername_as_agent") == ["yes"]
    assert value(rendered()["logger.conf"], "general", "queue_log_to_file") == ["yes"]


@pytest.mark.parametrize(
    ("version", "there"),
    [("22", True), ("22.9", True), ("22.8", False), ("20.11.0", False), ("20.19", True), ("23.1", True)],
)
def test_modules_follow_the_version(version: str, there: bool) -> None:
    text = rendered(BASE + f'[pbx]\nversion = "{version}"')["modules.conf"]
    assert ("load = res_cdrel_custom.so" in text) is there
    assert text.rstrip().endswith("load = app_queue.so")


def test_music_classes_are_those_the_queues_name() -> None:
    assert [name for name, _ in sections(rendered(FULL)["musiconhold.conf"])] == ["city", "default"]


# --- a laboratory -------------------------------------------------------------------------------------------------


def test_a_laboratory_moves_ports_and_gives_phones_an_address() -> None:
    lab = Lab(
        contacts={"1001": "sip:1001@127.0.0.1:40001"},
        bind="127.0.0.1",
        sip_port=15060,
        ami_port=15038,
        rtp=(30000, 30999),
    )
    files = rendered(lab=lab)
    assert value(files["pjsip.conf"], "zt-udp", "bind") == ["127.0.0.1:15060"]
    assert value(files["pjsip.conf"], "1001", "contact") == ["sip:1001@127.0.0.1:40001"]
    assert value(files["pjsip.conf"], "1002", "contact") == []
    assert value(files["manager.conf"], "general", "port") == ["15038"]
    assert value(files["rtp.conf"], "general", "rtpend") == ["30999"]


def test_a_laboratory_may_know_phones_by_name_first() -> None:
    text = rendered(lab=Lab(shared_address=True))["pjsip.conf"]
    assert value(text, "global", "endpoint_identifier_order") == ["header,username,ip"]


# --- samples, and writing -------------------------------------------------------------------------------------------


def test_the_city_is_of_the_first_users_size() -> None:
    site, people = sample("city")
    assert len(people) == 68
    assert len({agent.name for agent in people}) == 68
    assert 3 <= len(site.queues) <= 4
    assert len(site.trunks) == 1
    files = render(site, people, secrets_for(people), heard=HEARD)
    assert files["pjsip.conf"].count("(zt-profile-standard)\n") == 68


def test_files_with_secrets_are_read_by_the_group_that_their_folder_hands_on(tmp_path: Path) -> None:
    """The bridge's user writes them, Asterisk's reads them: ``install -d -o zhitong -g asterisk -m 2750``."""
    folder = tmp_path / "etc"
    folder.mkdir()
    folder.chmod(0o2750)
    write(folder, rendered())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes["pjsip.conf"] == modes["manager.conf"] == 0o640
    assert modes["extensions.conf"] == 0o644


def test_files_with_secrets_are_private_and_the_others_are_not(tmp_path: Path) -> None:
    files = rendered()
    write(tmp_path, files)
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == files
    for path in tmp_path.iterdir():
        expected = 0o600 if path.name in {"pjsip.conf", "manager.conf"} else 0o644
        assert stat.S_IMODE(path.stat().st_mode) == expected, path.name


@pytest.mark.parametrize("mode", list(Mode))
def test_no_secret_stands_in_a_file_that_is_not_private(mode: Mode) -> None:
    secrets = secrets_for(agents("1001", "1002"))
    for name, text in rendered(FULL, mode=mode).items():
        shown = [
            secret for secret in (secrets.ami, *secrets.phones.values(), *secrets.trunks.values()) if secret in text
        ]
        assert not shown or name in SECRET_FILES, name
