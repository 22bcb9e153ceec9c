"""``python -P -m zhitong.cli.checks.probe HOST PORT``: one conversation with a PBX through pyst2.

pyst2 is the doctor's second opinion: it shares no code with the bridge's own client. It also blocks without a
deadline, prints, waits in ``__del__`` for threads that may never end, speaks neither TLS nor IPv6, takes a QueueStatus
list for one message, and its reader dies of a ``ChanVariable`` header. In a process of its own none of that can hang
or end the doctor, which kills the probe when it falls silent (``zhitong.cli.checks.client``); TLS and IPv6 are brought
by a relay (``zhitong.cli.checks.relay``).

Standard input: a ``Question`` a line. Standard output: a ``Heard`` a line. It ends when standard input does.
"""

import contextlib
import os
import sys
import threading
import time
from typing import Any, BinaryIO

import msgspec
from asterisk import manager

from zhitong.cli.checks.pipe import Heard, Kind, Question


class _Message(manager.ManagerMsg):  # type: ignore[misc]  # pyst2 has no types
    """pyst2 0.5 reads a ``ChanVariable`` with ``dict.has_key``, which went with Python 2. We need none of them."""

    def parse(self, response: list[str]) -> None:
        super().parse([line for line in response if not line.startswith("ChanVariable")])


def messages(lines: list[str]) -> list[list[str]]:
    """The messages in what pyst2 takes for one: it reads on to the end of a list whose reply says "status will follow",
    which is meant for Status and met by QueueStatus. At least one, which may be empty."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line != manager.EOL:
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return found if found[-1] or len(found) == 1 else found[:-1]


class Probe:
    """Asks what it is told to ask, and tells all it hears. Events are told from pyst2's own thread."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._lock = threading.Lock()
        self._encode = msgspec.json.Encoder().encode
        self._manager = manager.Manager()
        self._manager.register_event("*", self._on_event)

    def connect(self, host: str, port: int) -> bool:
        """Whether the PBX greeted us."""
        with contextlib.suppress(manager.ManagerException):
            if (greeting := self._manager.connect(host, port)) is not None:
                self._tell(Heard(Kind.GREETING, time.time(), lines=list(greeting.response)))
                return True
        return self._lost()

    def ask(self, question: Question) -> bool:
        """Send the action and tell the reply. False: the link is lost."""
        sent = time.time()
        # The dictionary is ours alone: pyst2's own default argument remembers the headers of the call before.
        action = {"Action": question.action, "ActionID": question.action_id, **question.fields}
        try:
            reply = self._manager.send_action(action)
        except (manager.ManagerException, OSError, ValueError):
            return self._lost()
        now = time.time()
        first, *rest = messages(reply.response)
        self._tell(Heard(Kind.REPLY, now, dict(reply.headers), first, sent))
        for lines in rest:
            self._tell(Heard(Kind.EVENT, now, dict(_Message(lines).headers)))
        return True

    def _on_event(self, event: Any, _manager: Any) -> None:
        self._tell(Heard(Kind.EVENT, time.time(), dict(event.headers)))

    def _lost(self) -> bool:
        self._tell(Heard(Kind.LOST, time.time()))
        return False

    def _tell(self, heard: Heard) -> None:
        with self._lock:
            self._output.write(self._encode(heard) + b"\n")
            self._output.flush()


def main() -> None:
    """Run until standard input ends or the link is lost."""
    manager.ManagerMsg = _Message
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # pyst2 prints what it does not understand, which must not get among our lines
    probe = Probe(output)
    going = probe.connect(sys.argv[1], int(sys.argv[2]))
    while going and (line := sys.stdin.buffer.readline()):
        going = probe.ask(msgspec.json.decode(line, type=Question))
    os._exit(0)  # Manager.__del__ would take its leave, and wait for the PBX and three threads


if __name__ == "__main__":
    main()
