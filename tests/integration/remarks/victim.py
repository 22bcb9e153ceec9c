"""Run as a program and killed by test_keeper: keeps remarks from number FIRST on, says how many are kept.

victim.py URL FOLDER FIRST
"""

import asyncio
import itertools
import sys
from pathlib import Path

from telephony.database.database import Database
from telephony.remarks.keeper import RemarkKeeper
from tests.unit.telephony.remarks.told import remark


async def main(url: str, folder: Path, first: int) -> None:
    async with RemarkKeeper.open(Database.later(url), folder) as keeper:
        for number in itertools.count(first):
            assert keeper.take(remark(number))
            await keeper.kept()
            sys.stdout.write(f"{number + 1}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
