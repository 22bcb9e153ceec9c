"""In which queues a wake does no harm, as the dialplan is written and as the bridge reads it."""

import pytest

from telephony.ami.actions import Reply
from telephony.dispatch.verdicts import allowed, read
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
