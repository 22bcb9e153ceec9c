"""Who may do what: roles, each with the least rights its work needs. Pure, one table."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from telephony.model.ids import MemberName, QueueName


class Role(StrEnum):
    AGENT = "agent"
    LEAD = "lead"  # an agent who also sees and helps the agents of their queues
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    OPERATIONS = "operations"
    INTEGRATION = "integration"  # another system: work orders, knowledge base


class Right(StrEnum):
    OWN_STATE = "own-state"  # sign in and out, ready, pause, wrap-up
    OWN_CALLS = "own-calls"  # all one may do with a call that is offered to oneself, or that one takes part in
    CALL_OUT = "call-out"
    CALL_BACK = "call-back"
    REMARK = "remark"  # note, disposition, mark
    SEE_QUEUES = "see-queues"  # the figures of one's queues
    SEE_AGENTS = "see-agents"  # agents and calls of one's queues
    SEE_ALL = "see-all"  # of every queue
    SEE_NUMBERS = "see-numbers"  # callers' numbers in full, at each reveal on the audit log
    OWN_NUMBERS = "own-numbers"  # the number in full of a caller one talks with
    LISTEN = "listen"  # listen, whisper, barge
    TAKE_OVER = "take-over"
    SET_STATE = "set-state"  # another agent's
    MOVE_CALLERS = "move-callers"
    LIMIT_NUMBERS = "limit-numbers"
    AUDIT = "audit"  # read the audit log
    RECORDS = "records"


_AGENT = frozenset(
    {
        Right.OWN_STATE,
        Right.OWN_CALLS,
        Right.CALL_OUT,
        Right.CALL_BACK,
        Right.REMARK,
        Right.SEE_QUEUES,
        Right.OWN_NUMBERS,
    }
)
_LEAD = _AGENT | {Right.SEE_AGENTS, Right.LISTEN}
RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.AGENT: _AGENT,
    Role.LEAD: _LEAD,
    Role.SUPERVISOR: _LEAD
    | {Right.TAKE_OVER, Right.SET_STATE, Right.MOVE_CALLERS, Right.LIMIT_NUMBERS, Right.SEE_NUMBERS, Right.RECORDS},
    Role.AUDITOR: frozenset({Right.SEE_QUEUES, Right.SEE_ALL, Right.SEE_NUMBERS, Right.AUDIT, Right.RECORDS}),
    Role.OPERATIONS: frozenset({Right.SEE_QUEUES, Right.SEE_AGENTS, Right.SEE_ALL}),
    Role.INTEGRATION: frozenset({Right.SEE_QUEUES, Right.SEE_ALL, Right.REMARK, Right.RECORDS}),
}


class Principal(msgspec.Struct, frozen=True):
    """Somebody who has shown who they are. ``agent``: the number they answer the hotline under; None: they do not.
    ``queues``: those they may see, beside their own as an agent; ``*`` stands for all. ``token_id`` names the token,
    for its revocation; ``expires_at`` in epoch seconds; ``generation``: of its account's tokens, void when the account
    has another (``zhitong.access.tokens``)."""

    account: str
    role: Role
    agent: MemberName | None = None
    queues: frozenset[QueueName] = frozenset()
    token_id: str = ""
    expires_at: float = 0.0
    generation: int = 0

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.role]

    def sees_queue(self, queue: QueueName | None) -> bool:
        """Whether this queue's agents and calls may be shown, as far as its role sees any."""
        return self.may(Right.SEE_ALL) or QueueName("*") in self.queues or (queue is not None and queue in self.queues)
