"""Tests that share what only one may have stay with one worker: `xdist_group` must not become a dead letter.

It did once: pytest 9.2 made pytest-xdist 3.8 lose its groups without a word.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

SUITE = """
import pytest

@pytest.mark.xdist_group("pbx")
class TestOne:
    @pytest.mark.parametrize("number", range(8))
    def test_it(self, number): pass

@pytest.mark.parametrize("number", range(8))
def test_others(number): pass
"""


def test_a_group_runs_in_one_worker(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-v", "-p", "no:asyncio", str(tmp_path)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=100, env=kept, cwd=tmp_path)
    passed = re.findall(r"\[(gw\d)\].* PASSED \S*::(test_it|test_others)\[", done.stdout)
    assert len(passed) == 16
    assert len({worker for worker, name in passed if name == "test_it"}) == 1
