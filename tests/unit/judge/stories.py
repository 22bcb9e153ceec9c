"""Every ending a call can have, told once: name → a function that tells it into a world."""

from collections.abc import Callable

from tests.unit.judge.consulting import Consult
from tests.unit.judge.telling import Call
from tests.unit.judge.world import MS, SECOND, START, World

Story = Callable[[World, str, int], None]


def answered_caller_ends(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter()
    phone = call.ring("1001")
    call.seconds(2.5).picks_up(phone).seconds(7).caller_hangs_up()


def answered_agent_ends(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter()
    phone = call.ring("1002")
    call.seconds(3.1).picks_up(phone).seconds(4).agent_hangs_up()


def answered_at_entry(world: World, number: str, at: int) -> None:
    """The PBX answers at once, so the caller's 200 says nothing."""
    call = Call(world, number, at, early=True).enter()
    phone = call.ring("1002")
    call.seconds(3.1).picks_up(phone).seconds(4).agent_hangs_up()


def gives_up_waiting(world: World, number: str, at: int) -> None:
    Call(world, number, at).enter().seconds(6).caller_hangs_up()


def gives_up_ringing(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter()
    call.ring("1001")
    call.seconds(2).caller_hangs_up()


def gives_up_after_a_ring(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter()
    call.rings_out(call.ring("1001")).seconds(2).caller_hangs_up()


def leaves_at_once(world: World, number: str, at: int) -> None:
    """Before any queue."""
    Call(world, number, at).wait(30 * MS).caller_hangs_up()


def instant_dropped(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter()
    phone = call.ring("1003")
    call.seconds(2).in_the_instant(phone, connected=False)


def instant_connected(world: World, number: str, at: int) -> None:
    call = Call(world, number, at, early=True).enter()
    phone = call.ring("1003")
    call.seconds(2).in_the_instant(phone, connected=True)


def refused_then_answered(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter()
    first = call.ring("1001")
    call.seconds(0.4).refuses(first)
    second = call.ring("1002")
    call.seconds(2).picks_up(second).seconds(3).caller_hangs_up()


def declined_in_every_way(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter()
    for agent, code in (("1001", 603), ("1002", 480), ("1003", 486)):
        phone = call.ring(agent)
        call.seconds(0.6).refuses(phone, code)
    call.seconds(2).caller_hangs_up()


def rings_out_then_answered(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter()
    call.rings_out(call.ring("1001"))
    call.rings_out(call.ring("1001"))
    second = call.ring("1002")
    call.seconds(2).picks_up(second).seconds(3).agent_hangs_up()


def all_busy_then_answered(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter().seconds(12)
    phone = call.ring("1001")
    call.seconds(2).picks_up(phone).seconds(3).agent_hangs_up()


def ring_all(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter("vip")
    call.ring("1001")
    phone = call.ring("1002")
    call.ring("1003")
    call.seconds(2).picks_up(phone).seconds(3).caller_hangs_up()


def empty_on_joining(world: World, number: str, at: int) -> None:
    call = Call(world, number, at)
    call.rows[-1][14:17] = ["zt-queue-night", "Queue", "night,ct,,,60"]
    call.turned_away(None, "queue_empty")


def empty_while_waiting(world: World, number: str, at: int) -> None:
    Call(world, number, at).enter("night").seconds(5).turned_away("EXITEMPTY", "queue_empty")


def timed_out(world: World, number: str, at: int) -> None:
    Call(world, number, at).enter().seconds(20).turned_away("EXITWITHTIMEOUT", "timed_out")


def timed_out_after_a_ring(world: World, number: str, at: int) -> None:
    call = Call(world, number, at, early=True).enter()
    call.rings_out(call.ring("1004")).seconds(5).turned_away("EXITWITHTIMEOUT", "timed_out")


def key_exit(world: World, number: str, at: int) -> None:
    call = Call(world, number, at, early=True).enter().seconds(5)
    call.turned_away("EXITWITHKEY", "key_exit", key="1")


def refused_number(world: World, number: str, at: int) -> None:
    Call(world, number, at, dialled="99999").refused()


def overflows_to_a_second_queue(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter().seconds(8)
    call._log("NONE", "EXITWITHTIMEOUT", 1, 1, 8)
    call.visits[-1] |= {"ended_at": call.now, "result": "timed_out"}
    call.enter("vip")
    phone = call.ring("1003")
    call.seconds(2).picks_up(phone).seconds(3).caller_hangs_up()


def blind_transfer(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter()
    phone = call.ring("1001")
    call.seconds(2).picks_up(phone).seconds(3).blind_transfer("1005")
    target = call.ring_target("1005")
    call.seconds(2).picks_up(target).seconds(4).agent_hangs_up()


def blind_transfer_and_onward(world: World, number: str, at: int) -> None:
    """Whom the caller was sent to sends him on: a transfer that queue_log does not know."""
    call = Call(world, number, at).enter()
    phone = call.ring("1001")
    call.seconds(2).picks_up(phone).seconds(3).blind_transfer("1005")
    target = call.ring_target("1005")
    call.seconds(2).picks_up(target).seconds(2).blind_transfer("1006")
    last = call.ring_target("1006")
    call.seconds(2).picks_up(last).seconds(4).agent_hangs_up()


def blind_transfer_to_a_queue(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter()
    phone = call.ring("1001")
    call.seconds(2).picks_up(phone).seconds(3).blind_transfer("8002")
    call.connected = None
    call.enter("vip")
    second = call.ring("1003")
    call.seconds(2).picks_up(second).seconds(4).caller_hangs_up()


def attended_transfer(world: World, number: str, at: int) -> None:
    call = Call(world, number, at).enter()
    phone = call.ring("1001")
    call.seconds(2).picks_up(phone).seconds(3).attended_transfer("1006").seconds(4).caller_hangs_up()


def handed_over_in_a_room(world: World, number: str, at: int) -> None:
    """The caller talks on for long after queue_log's COMPLETEAGENT, and ends it."""
    call = Call(world, number, at).enter()
    phone = call.ring("1001")
    call.seconds(2).picks_up(phone).seconds(3).attended_transfer("1006", in_a_room=True).seconds(9).caller_hangs_up()


def sent_back_from_a_hold(world: World, number: str, at: int) -> None:
    """One channel, one queue, two stays, two answers."""
    call = Call(world, number, at).enter()
    phone = call.ring("1001")
    call.seconds(2).picks_up(phone).seconds(3).sent_back()
    second = call.ring("1003")
    call.seconds(2).picks_up(second).seconds(4).agent_hangs_up()


def leaves_during_a_consult(world: World, number: str, at: int) -> None:
    """The agent consults a queue in which all phones ring; the caller goes, the two agents talk on."""
    call = Call(world, number, at).enter()
    phone = call.ring("1001")
    call.seconds(2).picks_up(phone).seconds(2)
    consult = Consult(call, "vip")
    winner, *losers = consult.ring(["1007", "1008"])
    call.seconds(1.2)
    consult.picks_up(winner, losers, lasting=4)
    call.seconds(1).caller_hangs_up()


def twins(world: World, number: str, at: int) -> None:
    """Two calls of one caller, a few milliseconds apart, to different ends."""
    first = Call(world, number, at).enter()
    second = Call(world, number, at + 12 * MS).enter()
    one, other = first.ring("1007"), second.ring("1008")
    second.seconds(1.5).picks_up(other)
    first.rings_out(one)
    second.seconds(3).agent_hangs_up()
    again = first.ring("1008")
    first.seconds(1).picks_up(again).seconds(2).caller_hangs_up()


STORIES: dict[str, Story] = {
    story.__name__: story
    for story in (
        answered_caller_ends,
        answered_agent_ends,
        answered_at_entry,
        gives_up_waiting,
        gives_up_ringing,
        gives_up_after_a_ring,
        leaves_at_once,
        instant_dropped,
        instant_connected,
        refused_then_answered,
        declined_in_every_way,
        rings_out_then_answered,
        all_busy_then_answered,
        ring_all,
        empty_on_joining,
        empty_while_waiting,
        timed_out,
        timed_out_after_a_ring,
        key_exit,
        refused_number,
        overflows_to_a_second_queue,
        blind_transfer,
        blind_transfer_and_onward,
        blind_transfer_to_a_queue,
        attended_transfer,
        handed_over_in_a_room,
        sent_back_from_a_hold,
        leaves_during_a_consult,
        twins,
    )
}


def tell(names: list[str], seed: int = 0, apart_s: float = 1.7) -> World:
    """A run in which these stories begin one after another, each with a caller of its own."""
    return _told(names, seed, apart_s, [f"1380000{index:04}" for index in range(len(names))])


def tell_for_one(names: list[str], seed: int = 0, apart_s: float = 1.7) -> World:
    """The same, but all calls are one caller's."""
    return _told(names, seed, apart_s, ["13800000000"] * len(names))


def _told(names: list[str], seed: int, apart_s: float, numbers: list[str]) -> World:
    world = World(seed)
    for index, (name, number) in enumerate(zip(names, numbers, strict=True)):
        at = START + round(index * apart_s * SECOND) + world.dice.randint(0, 200 * MS)
        STORIES[name](world, number, at)
    return world
