"""What the pages tell people to type exists, the two READMEs say the same, and the unit is one systemd takes."""

import configparser
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.unit.house import markdown
from tests.unit.house.test_links import pages
from zhitong.cli.main import app

ROOT = Path(__file__).resolve().parents[3]
UNITS = sorted((ROOT / "docs").glob("*.service"))
OURS = [unit for unit in UNITS if unit.stem.startswith("zhitong")]
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"


# --- commands ------------------------------------------------------------------------------------------------


@cache
def root_command() -> Any:
    return typer.main.get_command(app)


def sub_command(group: Any, name: str) -> Any:
    """The command of this name in a group; None if there is none, or if this is no group."""
    return group.get_command(None, name) if hasattr(group, "get_command") else None


_CALL = re.compile(r"(?:^|[|;&(])\s*(?:[A-Z_]+=\S+\s+)*(?:[\w./]*/)?(?:zhitong|zt) (?P<rest>[a-z-][^|&;`]*)")
"""``zhitong``, or the ``zt`` that stands for it, where a shell looks for a command; not as the name of a user."""


def problems(line: str) -> Iterator[str]:
    """What is wrong with the calls of ``zhitong`` in a line."""
    for found in _CALL.finditer(line.partition("#")[0]):
        yield from _wrong(words_of(found["rest"].split("> ")[0]))


def words_of(text: str) -> list[str]:
    """As a shell reads them; a quotation that the line does not end is taken as it stands."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _wrong(words: list[str]) -> Iterator[str]:
    command = root_command()
    while words and not words[0].startswith("-") and (inner := sub_command(command, words[0])):
        command, words = inner, words[1:]
    if command is root_command():
        yield f"there is no command {words[0]}"
        return
    known = {"--help"} | {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    yield from (f"{command.name} has no option {word}" for word in words if word.startswith("--") and word not in known)


def typed(page: markdown.Page) -> Iterator[str]:
    """What the page shows as something to type: its shell blocks, and its spans of code."""
    for block in page.blocks:
        if block.language in ("sh", "bash", "console"):
            yield from block.text.splitlines()
    yield from markdown.code_spans(page)


ABOUT_USE = [path for path in pages(ROOT) if path.relative_to(ROOT).parts[0] != "tests"]


@pytest.mark.parametrize("page", ABOUT_USE, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_option_that_is_told_exists(page: Path) -> None:
    said = list(typed(markdown.read(page)))
    assert [f"{line}: {problem}" for line in said for problem in problems(line)] == []


@pytest.mark.parametrize("page", ABOUT_USE, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_is_told_exists(page: Path) -> None:
    targets = set(re.findall(r"(?m)^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8")))
    lines = [line.partition("#")[0] for line in typed(markdown.read(page))]
    said = [found for line in lines for found in re.findall(r"(?:^|\s)make ([^`|;&]+)", line)]
    told = [word for text in said for word in words_of(text)]
    assert {word for word in told if re.fullmatch(r"[a-z][a-z-]*", word)} - targets == set()


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("zhitong serve --log json", []),
        ("zt calls list --from 2h --outcome abandoned", []),
        (".venv/bin/zhitong calls show ID --site a/site.toml", []),
        ("zhitong dialplan render DIR  # and --nothing else", []),
        ("zhitong calls export --format csv > --file", []),
        ("zhitong pbx cli", []),
        ("zt agents import a.csv --no-reload", []),
        ("cp zhitong-extensions.conf /etc", []),
        ("install -o zhitong -g zhitong -m 0600 a b", []),
        ("systemctl enable --now --no-block zhitong", []),
        ("zhitong server", ["there is no command server"]),
        ("zt calls delete --all", ["calls has no option --all"]),
        ("x && zhitong doctor --fix", ["doctor has no option --fix"]),
        ("A=1 /opt/zhitong/bin/zhitong agents import a.csv --force", ["import has no option --force"]),
    ],
)
def test_the_judge_of_commands(line: str, wrong: list[str]) -> None:
    assert list(problems(line)) == wrong


# --- the two READMEs -----------------------------------------------------------------------------------------


def commands_of(page: markdown.Page) -> list[str]:
    """The shell blocks without their comments."""
    blocks = [block.text for block in page.blocks if block.language == "sh"]
    return [line.partition("#")[0].rstrip() for text in blocks for line in text.splitlines()]


def test_both_readmes_tell_the_same_commands_and_show_the_same_output() -> None:
    english, chinese = markdown.read(ENGLISH), markdown.read(CHINESE)
    assert commands_of(english) == commands_of(chinese) != []
    _drawing, *outputs = [block.text for block in english.blocks if not block.language]
    assert outputs == [block.text for block in chinese.blocks if not block.language][1:]
    assert len(outputs) == 2


def test_both_readmes_lead_to_the_same_places() -> None:
    def places(path: Path) -> list[tuple[str, str]]:
        all_of_them = markdown.links(markdown.read(path))
        return [(link.path, link.anchor) for link in all_of_them if link.path not in (ENGLISH.name, CHINESE.name)]

    assert places(ENGLISH) == places(CHINESE) != []


def test_both_readmes_have_the_same_parts() -> None:
    english, chinese = markdown.read(ENGLISH), markdown.read(CHINESE)
    assert len(markdown.headings(english)) == len(markdown.headings(chinese)) > 5
    rows = [[line.count("|") for _, line in page.prose if line.startswith("|")] for page in (english, chinese)]
    assert rows[0] == rows[1]


def test_both_readmes_name_every_command() -> None:
    for path in (ENGLISH, CHINESE):
        told = " ".join(markdown.code_spans(markdown.read(path)))
        assert [name for name in root_command().list_commands(None) if f"zhitong {name}" not in told] == []


# --- operations ----------------------------------------------------------------------------------------------


def test_the_doctors_table_holds_every_word_of_the_doctor_and_no_other() -> None:
    page = markdown.read(ROOT / "docs" / "operations.md")
    inside = [line for _, line in page.prose]
    begin = inside.index("| word | looks at | usual remedy |")
    rows = inside[begin + 2 : inside.index("", begin)]
    told = {word for row in rows for word in re.findall(r"`([a-z-]+)`", row.split("|")[1])}
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "zhitong/cli/checks").glob("*.py"))
    said = set(re.findall(r"\b(?:ok|note|warning|error|severity)\(\s*\"([a-z-]+)\"", sources))
    said |= set(re.findall(r"(?m)^_CHECK = \"([a-z-]+)\"", sources))
    assert told == said


@pytest.mark.parametrize("unit_file", OURS, ids=lambda path: path.stem)
def test_the_unit_starts_what_the_page_installs(unit_file: Path) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(unit_file.read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    service = unit["Service"]
    assert service["Type"] == "notify"
    program, *words = shlex.split(service["ExecStart"])
    assert list(problems("zhitong " + " ".join(words))) == []
    for said in (program, service["Environment"], service["WorkingDirectory"], service["User"]):
        assert said in page


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit_file", UNITS, ids=lambda path: path.stem)
def test_systemd_takes_the_unit(tmp_path: Path, unit_file: Path) -> None:
    text = unit_file.read_text(encoding="utf-8")
    program = shlex.split(re.findall(r"(?m)^ExecStart=(.+)$", text)[0])[0]
    here = text.replace(program, "/bin/true").replace(f"={unit_file.stem}\n", "=root\n")  # as where it is installed
    (tmp_path / unit_file.name).write_text(here, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit_file.name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if unit_file.name in line] == []
    assert done.returncode == 0
