"""Each fault of a PBX, one at a time: the doctor must name it, and nothing else."""

import pytest

from tests.integration.ami.fake_pbx import Headers, error
from tests.integration.cli.clinic import Clinic
from tests.integration.cli.good_pbx import GoodPbx, line_of, member, queue
from zhitong.cli.checks.examine import Patience
from zhitong.cli.checks.findings import Severity

UNHEARD = ("events", Severity.NOTE)
"""The bridge's user may provoke no event, and the fake has no calls."""


# --- version and settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "severity"),
    [
        ("22.1.0", Severity.OK),
        ("22.10.1+dfsg+~cs6.17.60671434-1", Severity.OK),
        ("22.0.0", Severity.ERROR),
        ("20.11.0", Severity.NOTE),
        ("20.10.0", Severity.ERROR),
        ("21.6.0", Severity.NOTE),
        ("21.5.0", Severity.ERROR),
        ("18.24.1", Severity.ERROR),
        ("13.38.3", Severity.ERROR),
        ("23.0.0", Severity.NOTE),
        ("certified/20.7-cert3", Severity.NOTE),
        ("GIT-master-1a2b3c4", Severity.NOTE),
        ("", Severity.NOTE),
    ],
)
async def test_versions(clinic: Clinic, pbx: GoodPbx, version: str, severity: Severity) -> None:
    pbx.settings["AsteriskVersion"] = version
    found = await clinic.examine()
    assert found.one("version").severity is severity
    assert set(found.bad()) <= {UNHEARD, ("version", severity)}


async def test_another_system_name(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.settings["SystemName"] = ""
    found = await clinic.examine()
    assert found.errors() == ["system-name"]
    assert "systemname = pbx1" in found.one("system-name").remedy.en  # type: ignore[union-attr]


async def test_no_cdr(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.settings["CoreCDRenabled"] = "No"
    assert (await clinic.examine()).bad() == [("cdr", Severity.WARNING), UNHEARD]


# --- rights --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "right"),
    [
        ("CoreSettings", "reporting"),
        ("CoreStatus", "reporting"),
        ("CoreShowChannels", "reporting"),
        ("Originate", "originate"),
    ],
)
async def test_too_few_rights(clinic: Clinic, pbx: GoodPbx, action: str, right: str) -> None:
    del pbx.rights[action]
    found = await clinic.examine()
    assert found.errors() == ["rights"]
    assert action in found.one("rights").found.en
    assert f"write = {right}" in found.one("rights").remedy.en  # type: ignore[union-attr]


async def test_no_queues_module(clinic: Clinic, pbx: GoodPbx) -> None:
    del pbx.rights["QueueStatus"]
    found = await clinic.examine()
    assert found.errors() == ["rights"]
    assert "app_queue.so is not loaded" in found.one("rights").remedy.en  # type: ignore[union-attr]
    assert not found.of("queues")


async def test_too_many_rights(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.rights |= {"Command": "command,all", "UpdateConfig": "config,all", "ModuleLoad": "system,config,all"}
    found = await clinic.examine()
    assert found.bad() == [("rights", Severity.WARNING), UNHEARD]
    assert found.one("rights").found.en.endswith("(command, config)")  # system or config: it cannot be told
    assert "Command, ModuleLoad, UpdateConfig" in found.one("rights").found.zh


async def test_rights_that_can_only_be_guessed(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.rights["ModuleLoad"] = "system,config,all"
    assert (await clinic.examine()).one("rights").found.en.endswith("(config/system)")


async def test_the_dialplan_may_not_be_read(clinic: Clinic, pbx: GoodPbx) -> None:
    del pbx.rights["ShowDialPlan"]
    assert (await clinic.examine()).bad() == [("dialplan", Severity.WARNING), UNHEARD]


# --- modules -------------------------------------------------------------------------------------------------


async def test_missing_modules(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.unloaded = {"app_stack", "cel_custom"}
    found = await clinic.examine()
    assert found.errors() == ["modules"]
    assert found.one("modules").found.en == "Not loaded: app_stack, cel_custom"


async def test_modules_cannot_be_seen(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.unloaded = {"func_module"}
    assert (await clinic.examine()).bad() == [("modules", Severity.NOTE), UNHEARD]
    assert len([action for action in pbx.actions if action["Action"] == "Getvar"]) == 1  # each is an error in its log


# --- the dialplan --------------------------------------------------------------------------------------------


async def test_missing_contexts(clinic: Clinic, pbx: GoodPbx) -> None:
    del pbx.dialplan["zt-end"], pbx.dialplan["zt-in-carrier"]
    found = await clinic.examine()
    assert found.errors() == ["dialplan"]
    assert found.one("dialplan").found.en == "The PBX lacks these contexts: zt-in-carrier, zt-end"


async def test_the_menu_is_missed_only_where_it_is_wanted(clinic: Clinic) -> None:
    clinic.add('[baseline]\nprompts = ["vm-intro"]\n')
    found = await clinic.examine()
    assert found.one("dialplan").found.en == "The PBX lacks these contexts: zt-menu"


async def test_a_number_the_trunk_does_not_know(clinic: Clinic, pbx: GoodPbx) -> None:
    clinic.change('hotline = ["12345"]', 'hotline = ["12345", "95000"]')
    found = await clinic.examine()
    assert found.errors() == ["dialplan"]
    assert "zt-in-carrier does not know the number 95000" in found.one("dialplan").found.en


@pytest.mark.parametrize("context", ["zt-end", "zt-queue-hotline"])
async def test_a_context_of_somebody_else(clinic: Clinic, pbx: GoodPbx, context: str) -> None:
    pbx.dialplan[context] = [line_of(context, "s", "NoOp", "something else")]
    found = await clinic.examine()
    assert found.errors() == ["dialplan"]
    assert found.one("dialplan").found.en.startswith(f"{context} has no ")


async def test_agents_that_were_not_rendered(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.dialplan["zt-phone"] = [line for line in pbx.dialplan["zt-phone"] if line["Extension"] != "1002"]
    found = await clinic.examine()
    assert found.bad() == [("dialplan", Severity.WARNING), UNHEARD]
    assert found.one("dialplan").found.en.endswith("these agents yet: 1002")


# --- queues and phones ---------------------------------------------------------------------------------------


async def test_a_missing_queue(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.queues = [queue("another"), member("1001")]
    found = await clinic.examine()
    assert found.errors() == ["queues"]
    assert found.one("queues").found.en.endswith(": hotline")


async def test_queues_that_work_by_other_rules(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.queues[0] = queue(strategy="ringall") | {"Weight": "5"}
    found = await clinic.examine()
    assert found.bad() == [("queues", Severity.WARNING), UNHEARD]
    assert found.one("queues").found.en.endswith("hotline Strategy ringall≠leastrecent, hotline Weight 5≠0")


@pytest.mark.parametrize(
    ("members", "words", "severity"),
    [
        ([("1001", "1"), ("1002", "2")], "2 of 2", Severity.OK),
        ([("1001", "1"), ("1002", "5")], "1 of 2", Severity.NOTE),
        ([("1001", "0"), ("1002", "5")], "0 of 2", Severity.WARNING),
        ([("1001", "6"), ("1002", "7")], "2 of 2", Severity.OK),
    ],
)
async def test_phones_that_can_be_reached(
    clinic: Clinic, pbx: GoodPbx, members: list[tuple[str, str]], words: str, severity: Severity
) -> None:
    pbx.queues = [queue(), *(member(number, status) for number, status in members)]
    found = await clinic.examine()
    assert words in found.one("phones").found.en
    assert found.one("phones").severity is severity


async def test_a_phone_that_does_not_exist(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.queues = [queue(), member("1001"), member("1002", "4")]
    found = await clinic.examine()
    assert [finding.severity for finding in found.of("phones")] == [Severity.ERROR, Severity.NOTE]
    assert found.of("phones")[0].found.en.endswith("agents: 1002")


async def test_a_member_of_two_queues_is_one_phone(clinic: Clinic, pbx: GoodPbx) -> None:
    second = member("1001") | {"Queue": "other"}
    pbx.queues = [queue(), member("1001"), queue("other"), second]
    assert "1 of 1" in (await clinic.examine()).one("phones").found.en


@pytest.mark.parametrize(("sign_in", "severity"), [("always", Severity.WARNING), ("code", Severity.NOTE)])
async def test_nobody_in_the_queues(clinic: Clinic, pbx: GoodPbx, sign_in: str, severity: Severity) -> None:
    clinic.change("always", sign_in)
    pbx.queues = [queue()]
    assert (await clinic.examine()).one("phones").severity is severity


async def test_members_nobody_knows(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.queues.append(member("9999"))
    found = await clinic.examine()
    assert found.bad() == [("phones", Severity.WARNING), UNHEARD]
    assert found.of("phones")[-1].found.en.endswith(": 9999")


# --- trunks that register ------------------------------------------------------------------------------------


def _registering(clinic: Clinic) -> None:
    clinic.change('hosts = ["192.0.2.1"]', 'hosts = ["192.0.2.1"]\nregister = true\nusername = "gov"')
    with clinic.secrets_file.open("a", encoding="utf-8") as secrets:
        secrets.write('\ncarrier = "given-by-the-carrier"\n')
    clinic.render()


@pytest.mark.parametrize(
    ("registrations", "errors", "words"),
    [
        ([("trunk-carrier", "Registered")], [], "is registered"),
        ([("trunk-carrier", "Rejected")], ["trunks"], "is not registered: Rejected"),
        ([("trunk-other", "Registered")], ["trunks"], "has no registration"),
        ([], ["trunks"], "has no registration"),
    ],
)
async def test_registrations(
    clinic: Clinic, pbx: GoodPbx, registrations: list[tuple[str, str]], errors: list[str], words: str
) -> None:
    _registering(clinic)
    event = {"Event": "OutboundRegistrationDetail", "ObjectType": "registration"}
    pbx.registrations = [Headers(event | {"ObjectName": name, "Status": status}) for name, status in registrations]
    found = await clinic.examine()
    assert found.errors() == errors
    assert words in found.one("trunks").found.en


async def test_registrations_that_cannot_be_seen(clinic: Clinic, pbx: GoodPbx) -> None:
    _registering(clinic)
    del pbx.rights["PJSIPShowRegistrationsOutbound"]
    assert (await clinic.examine()).one("trunks").severity is Severity.NOTE


# --- events --------------------------------------------------------------------------------------------------

PROVOKE = {"UserEvent": "user,all", "Setvar": "call,all"}
"""Rights of a user for whom the doctor may try it out."""


async def test_events_come_and_are_filtered(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.rights |= PROVOKE
    found = await clinic.examine()
    assert found.bad() == [("rights", Severity.WARNING)]
    assert {finding.check for finding in found.findings} >= {"events", "timestamps", "event-filter"}
    assert [action["UserEvent"] for action in pbx.asked("UserEvent")] == ["ZtProbe"]
    assert [action["Variable"] for action in pbx.asked("Setvar")] == ["ZT_PROBE"]


async def test_a_user_event_does_not_come(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.rights |= PROVOKE
    pbx.user_events = False
    found = await clinic.examine()
    assert found.errors() == ["events"]
    assert "read = system,call,agent,user" in found.one("events").remedy.en  # type: ignore[union-attr]


async def test_a_user_event_is_refused(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.rights |= PROVOKE
    pbx.answers["UserEvent"] = lambda _, action: [error(action, "Permission denied")]
    found = await clinic.examine()
    assert found.errors() == ["events"]


async def test_events_without_time(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.rights |= PROVOKE
    pbx.time_stamped = False
    found = await clinic.examine()
    assert found.errors() == ["timestamps"]
    assert "timestampevents = yes" in found.one("timestamps").remedy.en  # type: ignore[union-attr]


async def test_an_event_filter_that_does_not_filter(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.rights |= PROVOKE
    pbx.filtered = False
    found = await clinic.examine()
    assert found.one("event-filter").severity is Severity.WARNING
    assert "VarSet" in found.one("event-filter").found.en


async def test_it_listens_where_it_may_not_provoke(clinic: Clinic, pbx: GoodPbx) -> None:
    def call(line: object, action: Headers) -> list[bytes]:
        pbx.send(pbx.event("Newchannel"), pbx.event("Newexten"))
        return list_queues(line, action)  # type: ignore[arg-type]

    list_queues = pbx.answers["QueueStatus"]
    pbx.answers["QueueStatus"] = call
    found = await clinic.examine(Patience(listen_s=0.2))
    assert found.one("events").found.en == "Events arrive: 2 came"
    assert found.one("timestamps").severity is Severity.OK
    assert found.one("event-filter").found.en.endswith(": Newexten")
    assert not pbx.asked("UserEvent")


# --- clocks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead_s", "severity"),
    [(0.0, Severity.OK), (-1.0, Severity.WARNING), (1.0, Severity.WARNING), (60.0, Severity.ERROR)],
)
async def test_clocks(clinic: Clinic, pbx: GoodPbx, ahead_s: float, severity: Severity) -> None:
    plain = pbx.answers["Ping"]

    def shifted(line: object, action: Headers) -> list[bytes]:
        (frame,) = plain(line, action)  # type: ignore[arg-type]
        head, _, stamp = frame.partition(b"Timestamp: ")
        return [head + b"Timestamp: %.6f" % (float(stamp) + ahead_s)]

    pbx.answers["Ping"] = shifted
    assert (await clinic.examine()).one("clock").severity is severity


@pytest.mark.parametrize("stamp", [b"", b"Timestamp: soon"])
async def test_a_ping_that_tells_no_time(clinic: Clinic, pbx: GoodPbx, stamp: bytes) -> None:
    pbx.answers["Ping"] = lambda _, action: [
        b"Response: Success\r\nActionID: " + action["ActionID"].encode() + b"\r\nPing: Pong\r\n" + stamp
    ]
    assert (await clinic.examine()).one("clock").severity is Severity.NOTE
