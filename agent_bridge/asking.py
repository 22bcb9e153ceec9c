"""The methods as typed functions of a client. Each returns what the gateway answered.

Raises Refused, OutcomeUnknown, NotConnected. ``key``: to ask again for the same; else each call is an order of its own.
"""

import uuid
from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from agent_bridge.wire import messages, params

R = TypeVar("R", bound=msgspec.Struct)
DEADLINE_S = 10.0


def new_key() -> str:
    return uuid.uuid4().hex


class Asking:
    """What a client can be asked to do. ``ask`` is the client's own."""

    @abstractmethod
    async def ask(self, method: str, asked: params.Params, result: type[R]) -> R:
        """Ask, and wait for the answer."""

    async def order(self, method: str, asked: params.Order) -> messages.Done:
        """An order of any method that answers Done."""
        return await self.ask(method, asked, messages.Done)

    # --- the agent's own state ------------------------------------------------------------------------

    async def sign_in(self, queues: Sequence[str] = (), *, key: str = "") -> messages.Done:
        return await self.order("agent.sign_in", params.InQueues(key=key or new_key(), queues=tuple(queues)))

    async def sign_out(self, queues: Sequence[str] = (), *, key: str = "") -> messages.Done:
        return await self.order("agent.sign_out", params.InQueues(key=key or new_key(), queues=tuple(queues)))

    async def set_ready(self, *, key: str = "") -> messages.Done:
        return await self.order("agent.ready", params.Order(key=key or new_key()))

    async def pause(self, reason: str, *, key: str = "") -> messages.Done:
        return await self.order("agent.pause", params.PauseFor(key=key or new_key(), reason=reason))

    async def extend_wrap_up(self, seconds: int, *, key: str = "") -> messages.Done:
        return await self.order("agent.extend_wrap_up", params.Longer(key=key or new_key(), seconds=seconds))

    async def ask_help(self, text: str = "", *, wanted: bool = True, key: str = "") -> messages.Done:
        return await self.order("help.ask", params.Help(key=key or new_key(), wanted=wanted, text=text))

    async def search(self, query: str, *, limit: int = 20) -> messages.Hits:
        """Departments and specialists."""
        return await self.ask("directory.search", params.Search(query=query, limit=limit), messages.Hits)

    # --- calls ----------------------------------------------------------------------------------------

    async def on_call(self, what: str, call: str, *, key: str = "") -> messages.Done:
        """``what``: answer, decline, hang_up, hold, resume, cancel_consult, complete, swap, merge, rejoin."""
        return await self.order(f"call.{what}", params.OfCall(key=key or new_key(), call=call))

    async def answer(self, call: str, *, key: str = "") -> messages.Done:
        return await self.on_call("answer", call, key=key)

    async def decline(self, call: str, *, key: str = "") -> messages.Done:
        return await self.on_call("decline", call, key=key)

    async def hang_up(self, call: str, *, key: str = "") -> messages.Done:
        return await self.on_call("hang_up", call, key=key)

    async def hold(self, call: str, *, key: str = "") -> messages.Done:
        return await self.on_call("hold", call, key=key)

    async def resume(self, call: str, *, key: str = "") -> messages.Done:
        return await self.on_call("resume", call, key=key)

    async def transfer(self, call: str, to: str, *, key: str = "") -> messages.Done:
        return await self.order("call.transfer", params.CallTo(key=key or new_key(), call=call, to=to))

    async def consult(self, call: str, to: str, *, key: str = "") -> messages.Done:
        return await self.order("call.consult", params.CallAsks(key=key or new_key(), call=call, to=to))

    async def invite(self, call: str, to: str, *, key: str = "") -> messages.Done:
        return await self.order("call.invite", params.CallAsks(key=key or new_key(), call=call, to=to))

    async def cancel_invite(self, call: str, invite: str = "", *, key: str = "") -> messages.Done:
        asked = params.OfInvitation(key=key or new_key(), call=call, invite=invite)
        return await self.order("call.cancel_invite", asked)

    async def on_leg(self, what: str, call: str, leg: str, *, key: str = "") -> messages.Done:
        """``what``: drop, mute, unmute."""
        return await self.order(f"call.{what}", params.OfLeg(key=key or new_key(), call=call, leg=leg))

    async def hand_over(self, call: str, to: str, *, key: str = "") -> messages.Done:
        return await self.order("call.hand_over", params.CallAsks(key=key or new_key(), call=call, to=to))

    async def emergency(self, number: str, call: str | None = None, *, key: str = "") -> messages.Done:
        return await self.order("call.emergency", params.Urgent(key=key or new_key(), number=number, call=call))

    async def call_together(
        self, to: str, *, number: str | None = None, call: str | None = None, key: str = ""
    ) -> messages.Done:
        asked = params.Together(key=key or new_key(), to=to, number=number, call=call)
        return await self.order("call.call_together", asked)

    async def requeue(self, call: str, queue: str = "", *, key: str = "") -> messages.Done:
        return await self.order("call.requeue", params.CallToQueue(key=key or new_key(), call=call, queue=queue))

    async def dial(self, number: str, *, key: str = "") -> messages.Done:
        return await self.order("call.dial", params.Dial(key=key or new_key(), number=number))

    async def call_back(self, entry: int, *, key: str = "") -> messages.Done:
        return await self.order("missed.call_back", params.Entry(key=key or new_key(), entry=entry))

    async def note(self, call: str, text: str, *, key: str = "") -> messages.Done:
        return await self.order("call.note", params.NoteText(key=key or new_key(), call=call, text=text))

    async def dispose(
        self, call: str, topics: Sequence[str], answered: bool | None = None, *, key: str = ""
    ) -> messages.Done:
        asked = params.Topics(key=key or new_key(), call=call, topics=tuple(topics), answered=answered)
        return await self.order("call.dispose", asked)

    async def resolve(self, call: str, resolved: bool | None, *, key: str = "") -> messages.Done:
        asked = params.Outcome(key=key or new_key(), call=call, resolved=resolved)
        return await self.order("call.resolve", asked)

    # --- supervisors ----------------------------------------------------------------------------------

    async def listen(self, agent: str, *, whisper: bool = False, barge: bool = False, key: str = "") -> messages.Done:
        asked = params.ListenTo(
            key=key or new_key(), agent=agent, mode="barge" if barge else "whisper" if whisper else "listen"
        )
        return await self.order("supervisor.listen", asked)

    async def stop_listening(self, agent: str, *, key: str = "") -> messages.Done:
        return await self.order("supervisor.stop", params.OfAgent(key=key or new_key(), agent=agent))

    async def reveal(self, call: str) -> messages.Revealed:
        return await self.ask("number.reveal", params.Reveal(key=new_key(), call=call), messages.Revealed)
