"""How logins are numbered, so that no number comes twice, over our restarts too.

Whoever reads live state tells by ``(epoch, sequence)`` whether it has missed something. Were a number given twice, a
reader from before a restart would take what comes after it for the continuation of what it knew.
"""

import contextlib
import time
from pathlib import Path

import structlog

from telephony.files import write_private

EPOCHS_A_RUN = 1_000_000
"""A login a second for eleven days: the backoff between logins makes months of it."""

log = structlog.get_logger(__name__)


def run_of(epoch: int) -> int:
    """The run that this login, or the time before its first, belongs to."""
    return epoch // EPOCHS_A_RUN


def first_epoch(runs: Path) -> int:
    """The number after which this run's logins are counted: the first ever run begins at 1, the second at 1,000,001.

    ``runs`` is the file that counts them. Where it cannot be read and written the time stands in for it: seconds since
    1970, further than any site will count. Blocks; does not raise.
    """
    run = 0
    try:
        with contextlib.suppress(FileNotFoundError):
            run = int(runs.read_text("ascii"))
        write_private(runs, f"{run + 1}\n")
    except (OSError, ValueError) as error:
        run = int(time.time())
        log.warning("the starts of the bridge cannot be counted", file=str(runs), reason=str(error))
    return run * EPOCHS_A_RUN
