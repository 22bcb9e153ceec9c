"""The journal agent at work: one port, TLS, until told to stop."""

import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import structlog
from aiohttp import web

from telephony.errors import ConfigError
from telephony.journal.agent.app import App
from telephony.journal.agent.guard import Guard
from telephony.journal.agent.shelf import Shelf

_END_S = 2.0
"""For requests that are being answered when the agent is told to stop; a reader asks again."""

log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def serving(folder: Path, tokens: Sequence[str], tls: ssl.SSLContext, bind: str, port: int) -> AsyncIterator[int]:
    """Serve the logs in Asterisk's log folder ``folder`` to whoever has one of ``tokens``; the port (0: a free one).
    Raises ConfigError when the port cannot be had."""
    shelf = Shelf(folder)
    _tell(shelf)
    runner = web.AppRunner(App(shelf, Guard(tokens)).make(), access_log=None, shutdown_timeout=_END_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, bind, port, ssl_context=tls).start()
        except OSError as error:
            raise ConfigError(f"cannot listen on {bind}, port {port}: {error.strerror or error}.") from error
        here = int(runner.addresses[0][1])
        log.info("the journal agent listens", bind=bind, port=here, folder=str(folder))
        yield here
    finally:
        await runner.cleanup()


def _tell(shelf: Shelf) -> None:
    """What is not as it should be; a log that is made later is found then."""
    for which, problem in shelf.state().items():
        if problem:
            log.warning("a log cannot be read yet", log=which, why=problem)
