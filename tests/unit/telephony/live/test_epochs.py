"""No epoch comes twice, whatever becomes of the file that counts the starts."""

import time
from pathlib import Path

import pytest

from telephony.live.epochs import EPOCHS_A_RUN, first_epoch


def test_each_run_has_a_million_of_its_own(tmp_path: Path) -> None:
    runs = tmp_path / "var" / "runs"
    assert [first_epoch(runs) for _ in range(3)] == [0, EPOCHS_A_RUN, 2 * EPOCHS_A_RUN]
    assert runs.read_text(encoding="ascii") == "3\n"


@pytest.mark.parametrize("content", [b"", b"three", b"\xff\xfe", b"-"])
def test_a_spoilt_count_gives_way_to_the_time(tmp_path: Path, content: bytes) -> None:
    runs = tmp_path / "runs"
    runs.write_bytes(content)
    before = int(time.time())
    epoch = first_epoch(runs)
    assert before * EPOCHS_A_RUN <= epoch <= int(time.time()) * EPOCHS_A_RUN
    assert epoch < 2**53  # what JavaScript counts exactly
    assert runs.read_bytes() == content


def test_a_place_that_cannot_be_written_gives_way_to_the_time(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("in the way")
    assert first_epoch(tmp_path / "var" / "runs") > 1_600_000_000 * EPOCHS_A_RUN
