"""Makes the recorded books again: ``python -m tests.integration.reconcile.make [NAME …]``.

Each story is a call or a few on a real PBX: what one AMI login heard of them, and what CEL, queue_log and CDR kept.
Unit tests reconcile the records of what was heard with the books. Numbers and names are synthetic. Takes about six
minutes.
"""

import sys
from pathlib import Path

from tests.integration.journal import make

FOLDER = Path(__file__).parents[2] / "unit" / "telephony" / "reconcile" / "recorded"
BOOKS = {**make.BOOKS, "cdr.csv": "cdr-custom/zhitong-cdr.csv"}

if __name__ == "__main__":
    sys.exit(make.main("tests.integration.reconcile.make", __doc__, FOLDER, BOOKS))
