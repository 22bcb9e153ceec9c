"""Every kind of call there is, as a function that tells it to a PBX: what the property tests are tried on."""

from collections.abc import Callable

from telephony.model.events import AttendedTransferred, BridgesMerged
from tests.unit.telephony.model.script import Line, Pbx, Phone

Story = Callable[[Pbx], None]


def _talking(pbx: Pbx) -> tuple[Line, Phone]:
    pbx.signs_in("1001", "1002")
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    pbx.wait(2)
    phone.answers()
    pbx.wait(5)
    return caller, phone


def _end(caller: Line, *others: Line) -> None:
    caller.asks()
    caller.leaves()
    for other in others:
        other.leaves()
        other.gone()
    caller.stopped()
    caller.ends()


def caller_ends(pbx: Pbx) -> None:
    caller, _ = _talking(pbx)
    caller.hangs_up()


def agent_ends(pbx: Pbx) -> None:
    _, phone = _talking(pbx)
    phone.hangs_up()


def held(pbx: Pbx) -> None:
    caller, phone = _talking(pbx)
    phone.holds()
    pbx.wait(3)
    phone.holds(False)
    pbx.wait(3)
    caller.hangs_up()


def gives_up_waiting(pbx: Pbx) -> None:
    caller = pbx.citizen()
    caller.joins()
    pbx.wait(9)
    caller.gives_up()


def gives_up_ringing(pbx: Pbx) -> None:
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    pbx.wait(3)
    caller.gives_up(phone)


def gone_before_the_bridge(pbx: Pbx) -> None:
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    pbx.wait(3)
    caller.asks(127)
    phone.picked_up()
    phone.gone(0)
    caller.stopped()
    caller.ends(127)


def rung_out_then_refused_then_answered(pbx: Pbx) -> None:
    caller = pbx.citizen()
    caller.joins()
    first = caller.offered("1001")
    pbx.wait(15)
    first.rings_out()
    pbx.wait(1)
    second = caller.offered("1002")
    pbx.wait(1)
    second.refuses(21)
    third = caller.offered("1003")
    pbx.wait(2)
    third.answers()
    pbx.wait(8)
    caller.hangs_up()


def ring_all(pbx: Pbx) -> None:
    caller = pbx.citizen()
    caller.joins("all")
    winner, loser = caller.offered("1001"), caller.offered("1002")
    pbx.wait(4)
    winner.picked_up()
    loser.loses()
    winner.bridged()
    pbx.wait(6)
    caller.hangs_up()


def overflow(pbx: Pbx) -> None:
    caller = pbx.citizen()
    caller.queue_ended("JOINEMPTY", queue="night")
    caller.joins()
    pbx.wait(5)
    caller.queue_abandoned()
    caller.leaves_queue()
    caller.queue_ended("TIMEOUT")
    caller.joins("overflow")
    pbx.wait(2)
    caller.leaves_queue()
    caller.queue_ended("EXITKEY", "1")
    caller.stopped()
    caller.ends()


def refused(pbx: Pbx) -> None:
    caller = pbx.citizen()
    caller.refused("closed")
    pbx.wait(3)
    caller.stopped()
    caller.ends(21)


def blind(pbx: Pbx) -> None:
    caller, phone = _talking(pbx)
    phone.blind_transfers("1005")
    target = caller.calls("1005")
    pbx.wait(3)
    target.picks_up(caller)
    pbx.wait(4)
    _end(caller, target)


def blind_to_a_queue(pbx: Pbx) -> None:
    caller, phone = _talking(pbx)
    phone.blind_transfers("8001")
    caller.joins("tax")
    second = caller.offered("1003")
    pbx.wait(3)
    second.answers()
    pbx.wait(4)
    second.hangs_up()


def attended_by_refer(pbx: Pbx) -> None:
    caller, phone = _talking(pbx)
    phone.holds()
    second = pbx.phone_dials("1001", "1005")
    colleague = second.calls("1005")
    pbx.wait(2)
    colleague.picks_up(second)
    pbx.wait(4)
    phone.holds(False)
    _transferred(pbx, phone, second, caller, colleague)
    bridge = colleague.bridge
    assert bridge is not None
    caller.leaves()
    second.leaves()
    caller.enters(bridge)
    phone.leaves()
    phone.gone()
    second.gone()
    pbx.wait(6)
    _end(caller, colleague)


def attended_by_code(pbx: Pbx) -> None:
    caller, phone = _talking(pbx)
    main = caller.bridge
    assert main is not None
    phone.holds()
    near, far = pbx.local(caller, "1005")
    side, beyond = pbx.bridge(), pbx.bridge()
    near.enters(side)
    phone.leaves()
    phone.enters(side)
    colleague = far.calls("1005")
    pbx.wait(2)
    colleague.up()
    far.up()
    colleague.enters(beyond)
    far.enters(beyond)
    pbx.wait(3)
    phone.asks()
    phone.leaves()
    pbx.say(lambda at: BridgesMerged(at, main, side))
    near.leaves()
    near.enters(main)
    _transferred(pbx, phone, phone, caller, near)
    phone.gone()
    pbx.wait(0.5)
    colleague.leaves()
    near.leaves()
    colleague.enters(main)
    far.leaves()
    near.gone()
    far.gone()
    pbx.wait(5)
    _end(caller, colleague)


def specialist_joins(pbx: Pbx) -> None:
    caller, phone = _talking(pbx)
    spec = pbx.originates("spec")
    pbx.wait(2)
    spec.up()
    spec.linkedid = caller.linkedid
    bridge = caller.bridge
    assert bridge is not None
    spec.enters(bridge)
    pbx.wait(5)
    phone.leaves()
    phone.gone()
    pbx.wait(4)
    _end(caller, spec)


def two_citizens_joined(pbx: Pbx) -> None:
    first, one = _talking(pbx)
    one.holds()
    second = pbx.citizen("13900139000")
    second.joins()
    two = second.offered("1001")
    two.answers()
    pbx.wait(3)
    _transferred(pbx, one, two, first, second)
    bridge = second.bridge
    assert bridge is not None
    first.leaves()
    two.leaves()
    second.linkedid = first.linkedid
    first.enters(bridge)
    one.leaves()
    one.gone()
    two.gone()
    pbx.wait(6)
    second.asks()
    second.leaves()
    second.ends()
    first.leaves()
    first.ends()


def _transferred(pbx: Pbx, by: Line, second: Line, whom: Line, target: Line) -> None:
    pbx.say(
        lambda at: AttendedTransferred(
            at,
            by.uniqueid,
            by.linkedid,
            second.uniqueid,
            second.linkedid,
            whom.uniqueid,
            target.uniqueid,
            "Success",
        )
    )


STORIES: tuple[Story, ...] = (
    caller_ends,
    agent_ends,
    held,
    gives_up_waiting,
    gives_up_ringing,
    gone_before_the_bridge,
    rung_out_then_refused_then_answered,
    ring_all,
    overflow,
    refused,
    blind,
    blind_to_a_queue,
    attended_by_refer,
    attended_by_code,
    specialist_joins,
    two_citizens_joined,
)
