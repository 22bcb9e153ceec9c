"""README.md, contract.py and the templates say the same."""

import re
from pathlib import Path

import msgspec
import pytest

import dialplans
from dialplans import contract
from dialplans.include import FREEPBX, PLAIN, Step
from dialplans.parse import Step as DialplanStep
from dialplans.render import Mode
from telephony.model.telling import NOTICE_MUSIC
from telephony.site import (
    calendar,
    conference,
    desk,
    dispatch,
    duty,
    emergency,
    gateway,
    http,
    limits,
    notice,
    numbers,
    opening,
    outgoing,
    pbx,
    phones,
    provisioning,
    queues,
    rating,
    rooms,
    routes,
    silence,
    sip,
    site,
    speech,
    sticky,
    store,
    topics,
)
from tests.unit.dialplans.sites import FULL, TOLD, TOLD_WHOLE, plan, rendered

README = (Path(dialplans.__path__[0]) / "README.md").read_text(encoding="utf-8")
PLAN = plan(rendered(TOLD))
STEPS: list[DialplanStep] = [step for extens in PLAN.values() for each in extens.values() for step in each]


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    below = README.partition(f"\n{heading}\n")[2]
    assert below, f"README has no heading {heading!r}"
    table = re.search(r"(?m)(?:^\|.*\n)+", below)
    assert table
    lines = table[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def code(text: str) -> str:
    return f"`{text}`"


def test_contexts_are_as_documented() -> None:
    wanted = [[code(each.name), each.entry, each.what] for each in contract.CONTEXTS]
    assert rows("### Contexts") == wanted


def test_variables_are_as_documented() -> None:
    assert rows("### Variables") == [[code(name), what] for name, what in contract.VARIABLES.items()]


def test_user_events_are_as_documented() -> None:
    wanted = [
        [code(each.name), ", ".join(each.headers), code(each.cel), ", ".join(each.cel_keys), each.when]
        for each in contract.USER_EVENTS
    ]
    assert rows("### UserEvents, and their twins in CEL") == wanted


def test_the_manager_user_is_as_documented() -> None:
    text = README.partition("### The manager user")[2].partition("### Logs")[0]
    assert f"Reads `{','.join(contract.AMI_READ)}`; writes `{','.join(contract.AMI_WRITE)}`" in text
    listed = re.search(r"(?m)(?:^`[A-Z].*\n)+", text)
    assert listed
    assert tuple(re.findall("`([A-Za-z]+)`", listed[0])) == contract.AMI_EVENTS


def test_every_status_with_its_sentence_and_cause_is_as_documented() -> None:
    prompts = {key: getattr(speech.Prompts(), key) for key in speech.Prompts.__struct_fields__}
    for names, _what, sentence, cause in rows("## How a wait ends"):
        for status in re.findall("`([A-Z]+)`", names):
            say, hangup = PLAN["zt-bye"][status]
            assert hangup.args == cause.split()[0], status
            if sentence != "–":
                assert say.args == f"zt-say,s,1({prompts[sentence.strip('`')]})", status
    said = set(re.findall("`([A-Z]+)`", "".join(row[0] for row in rows("## How a wait ends"))))
    assert said == {exten for exten in PLAN["zt-bye"] if not exten.startswith("_")}


def test_reasons_of_refusal_are_as_documented() -> None:
    (events,) = [each for each in contract.USER_EVENTS if each.name == "ZtRefused"]
    rendered_reasons = {re.search(r"Reason: (\S+)", step.args)[1] for step in uses(events.name)}  # type: ignore[index]
    assert rendered_reasons == set(contract.REFUSAL_REASONS)
    for reason in contract.REFUSAL_REASONS:
        assert code(reason) in README


def uses(event: str) -> list[DialplanStep]:
    return [step for step in STEPS if step.app == "UserEvent" and step.args.startswith(f"{event},")]


@pytest.mark.parametrize("event", contract.USER_EVENTS)
def test_each_event_has_its_headers_and_its_twin_follows_at_once(event: contract.UserEvent) -> None:
    assert uses(event.name)
    for step in uses(event.name):
        assert tuple(re.findall(r",([A-Z][a-z]+): ", step.args)) == event.headers
        after = PLAN[step.context][step.exten][step.number]  # numbers count from 1
        assert after.app == "CELGenUserEvent"
        kind, _, pairs = after.args.partition(",")
        assert kind == event.cel
        assert tuple(re.findall(r"(?:^|&)(\w+)=", pairs)) == event.cel_keys


def test_what_is_said_of_a_notice_is_as_listed() -> None:
    said = {
        step.args
        for text in (TOLD, TOLD_WHOLE)
        for step in plan(rendered(text))["zt-notice"]["s"]
        if step.args.startswith("said,1(")
    }
    assert set(re.findall(r"\b[a-z]{5,}\b", " ".join(said))) == set(contract.NOTICE_STATES)
    assert contract.NOTICE_MUSIC == NOTICE_MUSIC


def test_no_other_event_is_sent() -> None:
    sent = {step.args.partition(",")[0] for step in STEPS if step.app == "UserEvent"}
    assert sent == {event.name for event in contract.USER_EVENTS}
    twins = {step.args.partition(",")[0] for step in STEPS if step.app == "CELGenUserEvent"}
    assert twins == {event.cel for event in contract.USER_EVENTS}


def test_no_text_of_a_callers_reaches_cel() -> None:
    for step in STEPS:
        if step.app == "CELGenUserEvent":
            assert not re.search(r"CALLERID|\bEXTEN\b|CALLINGPRES|SIP_HEADER", step.args)
    dialled = {
        step.args for step in STEPS if step.app == "Gosub" and step.args.startswith("zt-entry") and "EXTEN" in step.args
    }
    assert all("${FILTER(0-9A-Za-z+*#,${EXTEN})}" in args for args in dialled)
    assert dialled


def test_every_context_of_the_contract_is_rendered_and_all_are_ours() -> None:
    names = set(PLAN) - {"general"}
    assert all(name.startswith("zt-") for name in names)
    for context in contract.CONTEXTS:
        pattern = re.escape(context.name).replace("<trunk>", ".+").replace("<queue>", ".+")
        assert [name for name in names if re.fullmatch(pattern, name)], context.name


def test_every_variable_of_the_contract_is_set() -> None:
    text = rendered(TOLD)["extensions.conf"]
    for name in contract.VARIABLES:
        assert re.search(rf"Set\((__)?{name}=", text), name


def test_names_are_made_by_the_contract() -> None:
    assert contract.context_of_trunk("carrier") in PLAN
    assert contract.context_of_queue("hotline") in PLAN


@pytest.mark.parametrize(("heading", "steps"), [("## An existing Asterisk", PLAIN), ("## FreePBX", FREEPBX)])
def test_the_steps_into_an_existing_pbx_are_as_documented(heading: str, steps: tuple[Step, ...]) -> None:
    wanted = [
        [code(step.theirs), ", ".join(code(f"[{each}]") for each in step.sections) or "–", code(step.line)]
        for step in steps
    ]
    assert rows(heading) == wanted


def test_every_file_that_is_rendered_to_be_included_has_its_step() -> None:
    assert {step.ours for step in PLAIN} == set(rendered(FULL, mode=Mode.INCLUDE))
    assert {step.ours for step in FREEPBX} == set(rendered(FULL, mode=Mode.INCLUDE)) - {"zhitong-pjsip.conf"}


TABLES: dict[str, type[msgspec.Struct]] = {
    "–": site.Site,
    "`[pbx]`": pbx.Pbx,
    "`[pbx.ami]`": pbx.Ami,
    "`[pbx.folders]`": pbx.Folders,
    "`[pbx.journal]`": pbx.JournalAgent,
    "`[pbx.deploy]`": pbx.Deploy,
    "`[sip]`": sip.Sip,
    "`[numbers]`": numbers.Numbers,
    "`[[trunk]]`": sip.Trunk,
    "`[[phone_profile]]`": sip.PhoneProfile,
    "`[[route]]`": routes.Route,
    "`[[queue]]`": queues.Queue,
    "`[dispatch]`": dispatch.Dispatch,
    "`[outgoing]`": outgoing.Outgoing,
    "`[emergency]`": emergency.Emergency,
    "`[duty]`": duty.Duty,
    "`[recording]`": speech.Recording,
    "`[notice]`": notice.Notice,
    "`[rating]`": rating.Rating,
    "`[sticky]`": sticky.Sticky,
    "`[limits]`": limits.Limits,
    "`[silence]`": silence.Silence,
    "`[prompts]`": speech.Prompts,
    "`[opening]`": opening.Opening,
    "`[closure]`": opening.Closure,
    "`[agents]`": phones.SignIn,
    "`[feature_codes]`": phones.FeatureCodes,
    "`[desk]`": desk.Desk,
    "`[phones]`": provisioning.Phones,
    "`[rooms]`": rooms.Rooms,
    "`[conference]`": conference.Conference,
    "`[calendar]`": calendar.Days,
    "`[baseline]`": queues.Baseline,
    "`[[topic]]`": topics.Topic,
    "`[remarks]`": topics.Remarks,
    "`[store]`": store.Store,
    "`[http]`": http.Http,
    "`[gateway]`": gateway.Gateway,
}


def default(field: msgspec.structs.FieldInfo) -> str:
    """A default as a person would write it in TOML."""
    if field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT:
        return "required"
    value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    return code("none" if value is None else toml(value))


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict) and value:
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    return f'"{value}"' if isinstance(value, str) else str(value)


def test_every_key_of_site_toml_is_documented_with_its_default() -> None:
    tables = {name.strip("`[]").rpartition(".")[2] for name in TABLES}
    wanted = [
        [table, code(field.encode_name), default(field)]
        for table, struct in TABLES.items()
        for field in msgspec.structs.fields(struct)
        if field.encode_name not in tables or table not in {"–", "`[pbx]`"}
    ]
    assert [row[:3] for row in rows("## site.toml")] == wanted
