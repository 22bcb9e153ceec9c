"""Which order a request becomes: who asks is the agent it is about, unless the request is a supervisor's. Pure.

The gateway has checked the right, and that who asks has an agent's number where the order needs one.
"""

from agent_bridge.wire import params
from telephony.control.commands import AnyOrder
from telephony.control.orders.agents import ExtendWrapUp, Pause, Ready, SignIn, SignOut
from telephony.control.orders.calls import BlindTransfer, CallOut, Decline, HangUp, PickUp, Requeue
from telephony.control.orders.conference import (
    CallTogether,
    CancelInvite,
    Drop,
    Emergency,
    HandOver,
    Invite,
    Mute,
    Rejoin,
    Unmute,
)
from telephony.control.orders.ledger import CallBack
from telephony.control.orders.recording import PauseRecording, ResumeRecording
from telephony.control.orders.remarks import AskHelp, Dispose, LiftLimit, LimitNumber, Mark, Note, Resolve
from telephony.control.orders.rooms import CancelConsult, CompleteTransfer, Consult, Hold, Merge, Resume, Swap
from telephony.control.orders.supervision import Listen, MoveFirst, StopListening, TakeOver, Withdraw
from telephony.ledger.terms import EntryId
from telephony.model.ids import CallId, MemberName, Micros, QueueName, Uniqueid
from zhitong.access.roles import Principal, Right


def own(who: Principal) -> MemberName:
    """The number of the agent who asks; empty for who is none."""
    return who.agent or MemberName("")


def _queues(names: tuple[str, ...]) -> tuple[QueueName, ...]:
    return tuple(map(QueueName, names))


def sign_in(asked: params.InQueues, who: Principal) -> SignIn:
    return SignIn(own(who), who.account, _queues(asked.queues), desktop=True)


def sign_out(asked: params.InQueues, who: Principal) -> SignOut:
    return SignOut(own(who), who.account, _queues(asked.queues))


def ready(_asked: params.Order, who: Principal) -> Ready:
    return Ready(own(who), who.account)


def pause(asked: params.PauseFor, who: Principal) -> Pause:
    return Pause(own(who), asked.reason, who.account)


def extend(asked: params.Longer, who: Principal) -> ExtendWrapUp:
    return ExtendWrapUp(own(who), asked.seconds, who.account)


def pick_up(asked: params.OfCall, who: Principal) -> PickUp:
    return PickUp(CallId(asked.call), own(who), who.account)


def decline(asked: params.OfCall, who: Principal) -> Decline:
    return Decline(CallId(asked.call), own(who), who.account)


def hang_up(asked: params.OfCall, who: Principal) -> HangUp:
    return HangUp(CallId(asked.call), own(who), who.account)


def hold(asked: params.OfCall, who: Principal) -> Hold:
    return Hold(CallId(asked.call), own(who), who.account)


def resume(asked: params.OfCall, who: Principal) -> Resume:
    return Resume(CallId(asked.call), own(who), who.account)


def transfer(asked: params.CallTo, who: Principal) -> BlindTransfer:
    return BlindTransfer(CallId(asked.call), own(who), asked.to, who.account)


def consult(asked: params.CallAsks, who: Principal) -> Consult:
    return Consult(CallId(asked.call), own(who), asked.to, who.account)


def cancel(asked: params.OfCall, who: Principal) -> CancelConsult:
    return CancelConsult(CallId(asked.call), own(who), who.account)


def complete(asked: params.OfCall, who: Principal) -> CompleteTransfer:
    return CompleteTransfer(CallId(asked.call), own(who), who.account)


def swap(asked: params.OfCall, who: Principal) -> Swap:
    return Swap(CallId(asked.call), own(who), who.account)


def merge(asked: params.OfCall, who: Principal) -> Merge:
    return Merge(CallId(asked.call), own(who), who.account)


def invite(asked: params.CallAsks, who: Principal) -> Invite:
    return Invite(CallId(asked.call), own(who), asked.to, who.account)


def cancel_invite(asked: params.OfInvitation, who: Principal) -> CancelInvite:
    return CancelInvite(CallId(asked.call), own(who), who.account, asked.invite)


def drop(asked: params.OfLeg, who: Principal) -> Drop:
    return Drop(CallId(asked.call), own(who), Uniqueid(asked.leg), who.account)


def mute(asked: params.OfLeg, who: Principal) -> Mute:
    return Mute(CallId(asked.call), own(who), Uniqueid(asked.leg), who.account)


def unmute(asked: params.OfLeg, who: Principal) -> Unmute:
    return Unmute(CallId(asked.call), own(who), Uniqueid(asked.leg), who.account)


def rejoin(asked: params.OfCall, who: Principal) -> Rejoin:
    return Rejoin(CallId(asked.call), own(who), who.account)


def hand_over(asked: params.CallAsks, who: Principal) -> HandOver:
    return HandOver(CallId(asked.call), own(who), asked.to, who.account)


def emergency(asked: params.Urgent, who: Principal) -> Emergency:
    return Emergency(own(who), asked.number, who.account, CallId(asked.call or ""))


def together(asked: params.Together, who: Principal) -> CallTogether:
    return CallTogether(own(who), asked.to, who.account, asked.number or "", CallId(asked.call or ""))


def requeue(asked: params.CallToQueue, who: Principal) -> Requeue:
    return Requeue(CallId(asked.call), own(who), who.account, QueueName(asked.queue))


def dial(asked: params.Dial, who: Principal) -> CallOut:
    return CallOut(own(who), asked.number, who.account)


def call_back(asked: params.Entry, who: Principal) -> CallBack:
    return CallBack(EntryId(asked.entry), who.account, own(who))


def pause_recording(asked: params.OfCall, who: Principal) -> PauseRecording:
    return PauseRecording(asked.call, who.account)


def resume_recording(asked: params.OfCall, who: Principal) -> ResumeRecording:
    return ResumeRecording(asked.call, who.account)


def note(asked: params.NoteText, who: Principal) -> Note:
    return Note(CallId(asked.call), own(who), asked.text, who.account, who.may(Right.RECORDS))


def dispose(asked: params.Topics, who: Principal) -> Dispose:
    codes = tuple(asked.topics)
    return Dispose(CallId(asked.call), own(who), codes, who.account, asked.answered, who.may(Right.RECORDS))


def resolve(asked: params.Outcome, who: Principal) -> Resolve:
    return Resolve(CallId(asked.call), own(who), asked.resolved, who.account, who.may(Right.RECORDS))


def mark(asked: params.MarkAs, who: Principal) -> Mark:
    return Mark(CallId(asked.call), own(who), asked.mark, who.account, who.may(Right.RECORDS))


def ask_help(asked: params.Help, who: Principal) -> AskHelp:
    return AskHelp(own(who), asked.wanted, who.account, asked.text)


def listen(asked: params.ListenTo, who: Principal) -> Listen:
    return Listen(MemberName(asked.agent), own(who), asked.mode, who.account)


def stop(asked: params.OfAgent, who: Principal) -> StopListening:
    return StopListening(MemberName(asked.agent), own(who), who.account)


def take_over(asked: params.OfCall, who: Principal) -> TakeOver:
    return TakeOver(CallId(asked.call), own(who), who.account)


def first(asked: params.OfCall, who: Principal) -> MoveFirst:
    return MoveFirst(CallId(asked.call), who.account)


def withdraw(asked: params.Elsewhere, who: Principal) -> Withdraw:
    return Withdraw(CallId(asked.call), QueueName(asked.queue), who.account)


def set_state(asked: params.StateOf, who: Principal) -> AnyOrder:
    agent, queues = MemberName(asked.agent), _queues(asked.queues)
    if asked.state == "ready":
        return Ready(agent, who.account)
    if asked.state == "paused":
        return Pause(agent, asked.reason, who.account)
    if asked.state == "signed-in":
        return SignIn(agent, who.account, queues)
    return SignOut(agent, who.account, queues)


def limit(asked: params.LimitTo, who: Principal) -> LimitNumber:
    return LimitNumber(asked.number or "", asked.how, Micros(asked.until), asked.reason, who.account)


def lift(asked: params.Lift, who: Principal) -> LiftLimit:
    return LiftLimit(asked.number or "", asked.reason, who.account)
