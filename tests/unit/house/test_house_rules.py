"""The judge of house rules names each offence and lets clean files be."""

import subprocess
from pathlib import Path

import pytest

from tools import house

CLEAN = '''"""A module."""

def double(number: int) -> int:
    return 2 * number
'''


def function_of(lines: int) -> str:
    return "def long() -> None:\n" + "    pass\n" * (lines - 1)


def findings(tmp_path: Path, name: str, text: str) -> list[str]:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return list(house.judge(path, tmp_path))


def test_a_clean_module_has_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path, "clean.py", CLEAN) == []


@pytest.mark.parametrize(("lines", "found"), [(house.MAX_FUNCTION, 0), (house.MAX_FUNCTION + 1, 1)])
def test_a_function_has_sixty_lines_at_most(tmp_path: Path, lines: int, found: int) -> None:
    assert len(findings(tmp_path, "module.py", function_of(lines))) == found


def test_a_long_function_is_named_with_its_place(tmp_path: Path) -> None:
    (only,) = findings(tmp_path, "a/module.py", "\n\n" + function_of(75))
    assert only.startswith("a/module.py:3: long has 75 lines")


def test_async_and_nested_functions_are_measured_too(tmp_path: Path) -> None:
    body = "".join(f"        x{number} = {number}\n" for number in range(61))
    text = f"class Holder:\n    async def slow(self) -> None:\n{body}"
    assert "slow has 62 lines" in findings(tmp_path, "module.py", text)[0]


@pytest.mark.parametrize(("lines", "found"), [(house.MAX_MODULE, 0), (house.MAX_MODULE + 1, 1)])
def test_a_module_has_450_lines_at_most(tmp_path: Path, lines: int, found: int) -> None:
    assert len(findings(tmp_path, "module.py", "x = 1\n" * lines)) == found


def test_only_python_is_measured(tmp_path: Path) -> None:
    assert findings(tmp_path, "long.md", "a line\n" * 2000) == []


@pytest.mark.parametrize("host", house.REGISTRY_HOSTS)
def test_a_registry_host_is_found_wherever_it_stands(tmp_path: Path, host: str) -> None:
    (only,) = findings(tmp_path, "conf/sources.list", f"first line\nfetch https://{host}/simple now\n")
    assert only.startswith("conf/sources.list:2: names a registry's host")


@pytest.mark.parametrize("line", ["cd /{}/me", "path = '/{}/main/x'", "run(/{}/a)", "DIR=/{}/b", '"/{}/zt/cache"'])
@pytest.mark.parametrize("top", ["work", "home", "root", "farm", "Users"])
def test_a_path_of_one_machine_is_found(tmp_path: Path, line: str, top: str) -> None:
    (only,) = findings(tmp_path, "script.sh", line.format(top) + "\n")
    assert "path of one machine" in only


@pytest.mark.parametrize("line", ["https://example.test/work/item", "docs/home/index.md", "./root/x", "$HOME/work"])
def test_other_paths_are_let_be(tmp_path: Path, line: str) -> None:
    assert findings(tmp_path, "script.sh", line + "\n") == []


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "X" * 3])
def test_a_word_of_unfinished_work_is_found(tmp_path: Path, word: str) -> None:
    assert "left undone" in findings(tmp_path, "notes.md", f"- {word}: later\n")[0]


def test_such_a_word_inside_another_is_no_offence(tmp_path: Path) -> None:
    assert findings(tmp_path, "notes.md", "XXXVII mastodons\n") == []


def test_recordings_and_bytes_are_not_judged(tmp_path: Path) -> None:
    text = house.REGISTRY_HOSTS[0] + "\r\n"
    assert findings(tmp_path, "notes.md", text) != []
    assert findings(tmp_path, "tests/recordings/single/one.ami", text) == []
    assert findings(tmp_path, "tests/recordings/notes.md", text) != []
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    assert list(house.judge(tmp_path / "picture.png", tmp_path)) == []


def test_new_files_are_judged_ignored_and_deleted_ones_are_not(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    for name in ("tracked.py", "gone.py", "fresh.py", "ignored.py", "中文 名.md"):
        (tmp_path / name).write_text(CLEAN, encoding="utf-8")
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    git("add", "tracked.py", "gone.py", ".gitignore")
    (tmp_path / "gone.py").unlink()

    names = [path.name for path in house.committed_files(tmp_path)]
    assert names == [".gitignore", "fresh.py", "tracked.py", "中文 名.md"]
