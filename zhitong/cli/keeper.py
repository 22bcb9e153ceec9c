"""``python -P -m zhitong.cli.keeper RUN ETC FIRST_RTP LAST_RTP``: keeps a PBX in the background until told to stop.

The program returns when the PBX has booted (exit status 0) or could not be started (1, the reason on standard error);
the keeper itself lives on in a session of its own. All that time it holds the lock ``keeper.lock`` in RUN: whoever
finds it held may trust the process id in ``keeper.json``; whoever finds it free knows that nothing runs, since the
kernel ends the PBX with its keeper (``zhitong.lab.leash``). SIGTERM ends both in order.
"""

import asyncio
import fcntl
import os
import signal
import sys
import time
from pathlib import Path
from typing import IO

import msgspec

from telephony.errors import LabError
from telephony.files import write_whole
from zhitong.cli.kept import Kept
from zhitong.lab.pbx import Pbx
from zhitong.lab.programs import find_asterisk

READY = b"+"
"""What a keeper tells its starter once the PBX is ready; anything else is the reason why it is not."""


def main(arguments: list[str]) -> None:
    """Start a keeper, wait for its word, and exit with it."""
    run, etc = Path(arguments[0]), Path(arguments[1])
    hears, tells = os.pipe()
    if os.fork():
        os.close(tells)
        with os.fdopen(hears, "rb") as keeper:
            said = keeper.read()
        sys.exit(0 if said == READY else said.decode(errors="replace") or "the keeper died; see keeper.log")
    os.close(hears)
    _leave_terminal(run / "keeper.log")
    asyncio.run(_keep(run, etc, range(int(arguments[2]), int(arguments[3]) + 1), tells))


def _leave_terminal(log: Path) -> None:
    os.setsid()
    with log.open("ab") as output, Path(os.devnull).open("rb") as nothing:
        for here, there in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(here.fileno(), there)


async def _keep(run: Path, etc: Path, rtp: range, tells: int) -> None:
    try:
        lock = hold(run)
        pbx = Pbx(find_asterisk(), run=run, etc=etc, rtp=rtp)
        await pbx.start()
    except LabError as failure:
        os.write(tells, str(failure).encode())
        return
    state = run / "keeper.json"
    try:
        write_whole(state, msgspec.json.encode(Kept(os.getpid(), str(pbx.socket), time.time())).decode())
        os.write(tells, READY)  # fails when the starter was interrupted: then nobody wants the PBX
        os.close(tells)
        await _until_told(pbx)
    finally:
        await pbx.stop()
        state.unlink(missing_ok=True)
        lock.close()


def hold(run: Path) -> IO[str]:
    """Take the lock of ``run``. Raises LabError when somebody has it."""
    lock = (run / "keeper.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise LabError(f"a PBX is kept in {run} already; see `zhitong pbx status`") from None
    return lock


async def _until_told(pbx: Pbx) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for which in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(which, told.set)
    ended, asked = asyncio.create_task(pbx.wait()), asyncio.create_task(told.wait())
    await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if ended.done():
        sys.stderr.write(f"{ended.result()}\n")
    ended.cancel()


if __name__ == "__main__":
    main(sys.argv[1:])
