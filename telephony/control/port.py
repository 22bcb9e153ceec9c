"""The door as it is seen from outside the telephony process: in process it is ``Door`` itself; a Unix socket for the
command line; a Redis stream with replies for gateways."""

from typing import Protocol

from telephony.control.commands import Answer, Request


class Orders(Protocol):
    async def handle(self, request: Request) -> Answer:
        """As ``Door.handle``. An adapter answers UNKNOWN where the command may have been carried out and no answer came
        before the deadline, and REFUSED with ``unavailable`` where it was never taken."""
