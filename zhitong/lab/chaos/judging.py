"""The judge, as a program of its own: sharing no code with the product, it is handed files and asked for a verdict."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from telephony.errors import LabError
from zhitong.lab.chaos.faults import Happened
from zhitong.lab.chaos.plan import Fault
from zhitong.lab.chaos.result import Judgement

_ROOT = Path(__file__).resolve().parents[3]
_JUDGE = "tests.judge"


def require() -> None:
    """Raises LabError where the judge is not at hand."""
    if not (_ROOT / "tests" / "judge" / "__main__.py").is_file():
        raise LabError("the judge is part of the source tree (tests/judge): run `make chaos` in a clone of the project")


async def judge(run: Path, records: Path, outages: Sequence[Happened], tolerance_ms: int) -> Judgement:
    """Hold ``records`` (JSON lines) against the three books below ``run``; ``outages`` are the PBX's. Raises LabError
    when it cannot judge."""
    log = run / "log"
    words = ["--records", records, "--queue-log", log / "queue_log", "--cdr", log / "cdr-custom" / "zhitong-cdr.csv"]
    words += ["--sipp", run / "phones", "--busy-cel", log / "cel-custom" / "zhitong-cel.csv", "--json"]
    words += ["--tolerance-ms", tolerance_ms]
    for outage in outages:
        words += ["--down", f"{outage.began:.6f}-{outage.ended:.6f}"]
        words += ["--killed-at", f"{outage.began:.6f}"] if outage.kind is Fault.CRASH else []
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", _JUDGE, *map(str, words)),
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaint = await process.communicate()
    try:
        return msgspec.json.decode(said, type=Judgement)
    except msgspec.DecodeError as error:
        raise LabError(f"the judge gave no verdict: {complaint.decode(errors='replace').strip()[-2000:]}") from error
