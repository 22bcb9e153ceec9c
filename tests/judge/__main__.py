"""``python -m tests.judge``: hold the call records of one run against queue_log, CDR and the phones' own logs."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.judge import report
from tests.judge.files import Files, judge_files
from tests.judge.judge import Judgement
from tests.judge.outages import Outage
from tests.judge.times import MILLI, parse_stamp

_EPILOG = """Exit status: 0 the records and the books agree; 1 there are findings, each printed; 2 a book cannot be
read."""


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.judge", description=__doc__, epilog=_EPILOG)
    parser.add_argument("--records", type=Path, required=True, help="call records, JSON lines")
    parser.add_argument("--queue-log", type=Path, required=True, help="Asterisk's queue_log")
    parser.add_argument("--cdr", type=Path, required=True, help="the cdr_custom file")
    parser.add_argument("--sipp", type=Path, required=True, help="folder of the callers' and agents' logs")
    parser.add_argument(
        "--killed-at",
        type=_moment,
        action="append",
        default=[],
        metavar="EPOCH",
        help="when the PBX was killed (seconds since 1970, with a fraction); may be given again",
    )
    parser.add_argument(
        "--down",
        type=_span,
        action="append",
        default=[],
        metavar="EPOCH-EPOCH",
        help="from when until when the PBX did not run, stopped or killed; may be given again",
    )
    parser.add_argument(
        "--silent-phone",
        action="append",
        default=[],
        metavar="NUMBER",
        help="an agent's phone that kept no log: its silence proves nothing; may be given again",
    )
    parser.add_argument("--tolerance-ms", type=int, default=50, help="how far a time may be off (default 50)")
    parser.add_argument(
        "--busy-cel",
        type=Path,
        metavar="CEL",
        help="PBX and phones shared a busy machine, of which the cel_custom file tells",
    )
    parser.add_argument("--json", action="store_true", help="print the judgement as JSON")
    return parser


def _moment(text: str) -> int:
    at = parse_stamp(text)
    if at is None:
        raise argparse.ArgumentTypeError("a time must not be zero")
    return at


def _span(text: str) -> Outage:
    down, _, back = text.partition("-")
    return (_moment(down), _moment(back))


def run(options: argparse.Namespace) -> Judgement:
    """Read the books and judge. Raises OSError when one cannot be opened."""
    files = Files(options.records, options.queue_log, options.cdr, options.sipp, options.busy_cel)
    slack = options.tolerance_ms * MILLI
    return judge_files(files, kills=options.killed_at, outages=options.down, silent=options.silent_phone, slack=slack)


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments().parse_args(argv)
    try:
        judgement = run(options)
    except OSError as error:
        print(f"cannot read {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print(report.as_json(judgement) if options.json else report.as_text(judgement))
    return 0 if judgement.good else 1


if __name__ == "__main__":
    sys.exit(main())
