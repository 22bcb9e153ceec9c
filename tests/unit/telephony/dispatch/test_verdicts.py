"""In which queues a wake does no harm, as the dialplan is written and as the bridge reads it."""

import asyncio

import pytest

from telephony.ami.actions import Action, Reply
from telephony.dispatch.asker import PIECE, Asker
from telephony.dispatch.verdicts import PLACE, RULES, WHOLE, Loaded, allowed, elsewhere, in_context, read
from telephony.model.ids import QueueName
from telephony.site.dispatch import ON, QUEUE_OPTIONS, harm, verdict
from telephony.site.queues import Queue
from tests.unit.dialplans.sites import FULL, TOLD, plan, rendered

HOTLINE, TAX = QueueName("hotline"), QueueName("tax")


@pytest.mark.parametrize("exits", [(), ("1",), ("*", "#", "0", "9")])
def test_single_keys_do_no_harm(exits: tuple[str, ...]) -> None:
    assert harm("leastrecent", exits, QUEUE_OPTIONS) == ""


@pytest.mark.parametrize(
    ("strategy", "exits", "options", "word"),
    [
        ("ringall", (), "ct", "ringall"),
        ("leastrecent", (), "ctn", "option n"),
        ("leastrecent", ("1", "12"), "ct", "exit 12"),
        ("leastrecent", ("_.",), "ct", "exit _."),
        ("leastrecent", ("_!",), "ct", "exit _!"),
        ("leastrecent", ("_X",), "ct", "exit _X"),
        ("leastrecent", ("a",), "ct", "exit a"),
        ("leastrecent", ("",), "ct", "exit"),
    ],
)
def test_what_does_harm_says_why(strategy: str, exits: tuple[str, ...], options: str, word: str) -> None:
    assert word in harm(strategy, exits, options)


def test_a_queue_of_the_site() -> None:
    assert verdict(Queue(name="hotline", exits={"1": "callback"})) == ON
    assert verdict(Queue(name="hotline", strategy="ringall")) != ON
    assert verdict(Queue(name="hotline", wake=False)) == "off for this queue"


def reply(*data: str, application: str = "NoOp") -> Reply:
    rows = ({"Event": "ListDialplan", "Application": application, "AppData": each} for each in data)
    return Reply({"Response": "Success"}, items=tuple(rows))


def test_what_is_not_said_is_no() -> None:
    said = read(reply("", "hotline=on", "tax=strategy ringall: each try rings everybody"))
    assert said == {"hotline": "on", "tax": "strategy ringall: each try rings everybody"}
    assert allowed(said, [HOTLINE, TAX, QueueName("new")]) == {"hotline"}
    assert allowed(read(reply()), [HOTLINE]) == frozenset()
    assert allowed(read(reply("hotline=on", application="Goto")), [HOTLINE]) == frozenset()


def test_two_that_differ_are_no() -> None:
    assert allowed(read(reply("hotline=on", "hotline=option n")), [HOTLINE]) == frozenset()
    assert allowed(read(reply("hotline=on", "hotline=on")), [HOTLINE]) == {"hotline"}


@pytest.mark.parametrize("text", [FULL, TOLD])
def test_the_dialplan_says_it_of_each_queue(text: str) -> None:
    dialplan = plan(rendered(text))
    data = [step.args for step in dialplan["zt-wake"]["s"] if step.app == "NoOp"]
    queues = {name.removeprefix("zt-queue-") for name in dialplan if name.startswith("zt-queue-")}
    said = read(reply(*data))
    assert set(said) == queues
    for queue in queues:
        exits = [exten for exten in dialplan[f"zt-queue-{queue}"] if exten != "s"]
        assert (said[QueueName(queue)] == ON) == (not harm("", exits, QUEUE_OPTIONS))


def test_the_options_judged_are_those_of_the_dialplan() -> None:
    """Those without an argument come first: `ct`, then the tone (r or nothing), m(…), b(…)."""
    asked = [step for extens in plan(rendered(TOLD)).values() for each in extens.values() for step in each]
    options = [step.args.split(",")[1] for step in asked if step.app == "Queue"]
    assert options
    for each in options:
        bare = each.partition("(")[0].rstrip("mb")
        assert bare.replace("${ZT_TONE}", "") == QUEUE_OPTIONS, each


def step(app: str, data: str, exten: str = "s", context: str = "zt-queue-hotline") -> dict[str, str]:
    return {"Context": context, "Extension": exten, "Application": app, "AppData": data}


OURS = step("Queue", "hotline,ct${ZT_TONE}m(${ZT_MOH})b(zt-wrapup^leg^1(hotline^30)),,,600")


def in_our_context(*rows: dict[str, str]) -> str:
    return in_context(Reply({}, items=(OURS, *rows)))


@pytest.mark.parametrize("exten", ["s", "h", "i", "t", "1", "#", "after", "failed"])
def test_what_a_caller_may_key_or_cannot(exten: str) -> None:
    assert in_our_context(step("Goto", "zt-after,s,1", exten)) == ""


@pytest.mark.parametrize("exten", ["12", "_X", "_.", "_!", "1A", "d", "**"])
def test_extensions_added_by_hand(exten: str) -> None:
    assert f"exit {exten}:" in in_our_context(step("Goto", "zt-after,s,1", exten))


@pytest.mark.parametrize("row", [{"IncludeContext": "mine"}, {"Switch": "Realtime/mine@extensions"}])
def test_contexts_taken_in_by_hand(row: dict[str, str]) -> None:
    assert next(iter(row.values())) in in_our_context({"Context": "zt-queue-hotline", **row})


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ("hotline,ctn", "option n"),
        ("hotline,n${ZT_TONE}m(a)", "option n"),
        ("hotline,c${ZT_TONE}m(${IF($[1]?a:b)})n", "option n"),
        ("hotline,ct${MINE}", "variable"),
    ],
)
def test_options_changed_by_hand(data: str, word: str) -> None:
    assert word in in_context(Reply({}, items=(step("Queue", data),)))
    assert word in elsewhere([step("Queue", data, context="mine")], [HOTLINE, TAX], Reply({})).of[HOTLINE]


def test_a_context_that_is_not_loaded() -> None:
    assert "not loaded" in in_context(Reply({}))


def test_elsewhere_only_what_speaks_of_it() -> None:
    rows = [OURS, step("Queue", "sales,n", context="mine"), step("Queue", "tax,n,,", context="mine")]
    loaded = elsewhere(rows, [HOTLINE, TAX], Reply({}))
    assert loaded.over({HOTLINE: ON, TAX: ON}) == {HOTLINE: ON, TAX: harm("", (), "n")}
    assert loaded.over({HOTLINE: "wherefore", TAX: "wherefore"}) == {HOTLINE: "wherefore", TAX: "wherefore"}


@pytest.mark.parametrize(
    ("row", "rules", "word"),
    [
        (step("Queue", "${WHICH},n"), {}, "option n"),
        (step("Set", "QUEUE_MAX_PENALTY=3"), {}, "QUEUE_MAX_PENALTY"),
        (step("MSet", "a=1,__QUEUE_MIN_PENALTY=${x}"), {}, "QUEUE_MIN_PENALTY"),
        (step("ExecIf", '$["${x}"="1"]?Set(QUEUE_RAISE_PENALTY=r3)'), {}, "QUEUE_RAISE_PENALTY"),
        (OURS, {"RuleList": "slow", "Rule": "2,+1,+0"}, "queuerules.conf has rules (slow)"),
    ],
)
def test_limits_that_may_be_anybodys(row: dict[str, str], rules: dict[str, str], word: str) -> None:
    said = elsewhere([row], [HOTLINE, TAX], Reply(rules)).over({HOTLINE: ON, TAX: ON})
    assert set(said) == {HOTLINE, TAX}
    assert all(word in why for why in said.values())


async def test_a_long_dialplan_is_judged_in_pieces_between_which_others_have_their_turn() -> None:
    rows = [OURS] * (4 * PIECE) + [step("Queue", "tax,n", context="mine")]
    answers = {PLACE: reply("hotline=on", "tax=on"), WHOLE: Reply({}, items=tuple(rows)), RULES: Reply({})}

    async def act(action: Action, _deadline_s: float) -> Reply:
        return answers.get(action, Reply({}, items=(OURS,)))

    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    said = await Asker(act, [HOTLINE, TAX]).ask(whole=True)
    beside.cancel()
    assert said == {HOTLINE: ON, TAX: harm("", (), "n")}
    assert turns >= 5


@pytest.mark.parametrize("text", [FULL, TOLD])
def test_nothing_in_our_own_dialplan_takes_a_verdict_back(text: str) -> None:
    dialplan = plan(rendered(text))
    rows = [
        step(each.app, each.args, exten, context)
        for context, extens in dialplan.items()
        for exten, steps in extens.items()
        for each in steps
    ]
    queues = [QueueName(row["Context"].removeprefix("zt-queue-")) for row in rows if row["Application"] == "Queue"]
    assert queues
    assert elsewhere(rows, queues, Reply({})) == Loaded({})
    said = read(reply(*(each.args for each in dialplan["zt-wake"]["s"])))
    for queue in queues:
        own = tuple(row for row in rows if row["Context"] == f"zt-queue-{queue}")
        assert (in_context(Reply({}, items=own)) == "") == (said[queue] == ON)
