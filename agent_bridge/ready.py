"""A client's connection that hands on each message as it is read, without waking a task for it: a desktop gets many
small ones, and who runs many desktops in one process (a test, a wallboard server) has half the work."""

from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import Event


class ReadyConnection(ClientConnection):
    """``on_text`` gets what comes whole in one frame, in order; what comes in fragments is for ``recv``, as is the end.
    ``failed``: what ``on_text`` raised; the connection is given up then."""

    on_text: Callable[[bytes], object] | None = None
    failed: Exception | None = None

    def process_event(self, event: Event) -> None:
        """As of ClientConnection."""
        whole = isinstance(event, Frame) and event.opcode is Opcode.TEXT and event.fin
        if self.on_text is None or not whole:
            super().process_event(event)
        elif self.failed is None:
            assert isinstance(event, Frame)
            try:
                self.on_text(bytes(event.data))
            except Exception as error:  # raised here it would only end the transport, and nobody would hear why
                self.failed = error
                self.transport.abort()
