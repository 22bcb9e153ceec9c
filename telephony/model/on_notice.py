"""The notice of the recording: told by the dialplan, heard as music on hold, cut by the agent's pick-up."""

from telephony.model.calls import Call
from telephony.model.changes import NoticeCut
from telephony.model.events import MusicChanged, NoticeTold
from telephony.model.ids import MemberName, Uniqueid
from telephony.model.telling import NOTICE_MUSIC, Telling
from telephony.model.world import World

_WHOLE = "whole"


def told(world: World, event: NoticeTold) -> None:
    call = _call_of(world, event.uniqueid, "ZtNotice")
    if call is None:
        return
    telling = call.telling
    if telling is None:
        telling = call.telling = Telling(event.how, event.language, event.length, event.at)
    elif (telling.how, telling.at) == (event.how, event.at):
        return  # told twice
    telling.how = event.how
    if event.how == _WHOLE:
        telling.begin(_WHOLE, event.at)
    elif event.how in ("played", "failed"):
        _over(telling, event)


def _over(telling: Telling, event: NoticeTold) -> None:
    """It was heard before the wait, or Asterisk could not play it."""
    telling.stop(event.at)
    telling.cost = max(0, event.at - telling.at)
    telling.so_far, telling.longest = 0, telling.length if event.how == "played" else 0


def music(world: World, event: MusicChanged) -> None:
    """Music on hold begins or stops on a channel: only what waits with the notice is of concern, and only until
    somebody answers."""
    call = world.by_leg.get(event.uniqueid)
    if call is None or call.telling is None or event.uniqueid != call.caller or call.answered_at is not None:
        return
    if event.music.startswith(NOTICE_MUSIC):
        call.telling.begin(event.music, event.at)
    elif call.telling.music.startswith(NOTICE_MUSIC):
        call.telling.stop(event.at)


def answered(world: World, call: Call, member: MemberName | None) -> None:
    """Somebody talks with the caller: whatever was not heard by now, the agent must say."""
    telling = call.telling
    if telling is None:
        return
    telling.stop(world.now)
    if not telling.whole_by(None):
        heard = telling.heard_by(None)
        world.emit(NoticeCut(world.now, call.call_id, member, telling.language, telling.length, heard))


def _call_of(world: World, uniqueid: Uniqueid, what: str) -> Call | None:
    call = world.by_leg.get(uniqueid)
    if call is None:
        world.stray(uniqueid, what)
        return None
    return call if uniqueid == call.caller else None
