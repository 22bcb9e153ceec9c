"""What a client knows: the documents, made from a snapshot and the deltas after it."""

from typing import NamedTuple

from agent_bridge.wire.messages import DeltaTold, State
from telephony.live.documents import AgentDocument, CallDocument, Document
from telephony.live.port import Position


class Change(NamedTuple):
    """A document was made, changed, or is gone (None). ``heard`` as of the delta; 0 for what a snapshot brought."""

    key: str
    document: Document | None
    before: Document | None
    heard: int = 0


class Rebuilt:
    """``position`` None: nothing is known yet."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.position: Position | None = None
        self.upstream = False

    def take(self, told: DeltaTold) -> Change | None:
        """Take a delta in; None for what is known already."""
        position = Position(told.epoch, told.sequence)
        if self.position is not None and position <= self.position:
            return None
        self.position = position
        before = self.documents.get(told.key)
        if told.document is None:
            self.documents.pop(told.key, None)
        else:
            self.documents[told.key] = told.document
        return Change(told.key, told.document, before, told.heard)

    def replace(self, state: State) -> list[Change]:
        """All anew; what differs from before."""
        before, self.documents = self.documents, state.documents
        self.position = Position(state.epoch, state.sequence)
        keys = [*state.documents, *(key for key in before if key not in state.documents)]
        pairs = [(key, state.documents.get(key), before.get(key)) for key in keys]
        return [Change(key, now, former) for key, now, former in pairs if now != former]

    def reach(self, position: Position) -> None:
        """Nothing more came up to here."""
        if self.position is None or position > self.position:
            self.position = position

    @property
    def calls(self) -> list[CallDocument]:
        return [document for document in self.documents.values() if isinstance(document, CallDocument)]

    def agent(self, number: str) -> AgentDocument | None:
        """The agent of this number, if it is shown."""
        found = self.documents.get(f"agent/{number}")
        return found if isinstance(found, AgentDocument) else None
