"""The command itself: help that teaches, errors in words, nothing loaded that is not needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from telephony.errors import AmiUnreachable, LabError
from tests.unit.zhitong.cli.conftest import Terminal
from zhitong.cli import console
from zhitong.cli import main as cli

COMMANDS = {
    "demo": ("--calls", "--agents", "--seed", "report.json", "exit status is 0 only if"),
    "run": ("--bind", "12345", "Ctrl-C"),
    "serve": ("--site", "--log", "SIGTERM", "READY=1"),
    "dialplan deploy": ("--no-reload", "pbx.deploy"),
    "agents import": ("--replace", "--dry-run", "--no-reload", "number", "queues", "GB18030"),
    "agents add": ("--name", "--queue", "policy:5", "--profile", "--no-reload", "sheet"),
    "agents change": ("--no-queues", "--phone"),
    "agents remove": ("--no-reload",),
    "agents disable": ("tokens", "agents remove"),
    "agents reset": ("--output", "0600"),
    "accounts issue": ("--all", "0600", "first sign-in"),
    "accounts add": ("--role", "supervisor", "auditor", "--queue"),
    "accounts list": ("--json",),
    "accounts role": ("--queue", "--no-queues"),
    "accounts enable": ("--site",),
    "accounts revoke": ("sign in anew",),
    "accounts remove": ("on record",),
    "audit list": ("--by", "--deed", "--since", "masked"),
    "audit verify": ("--no-note", "exit status 1"),
    "secrets rotate": ("tokens", "--now"),
    "agents sheet": ("--all", "--output", "--link", "0600", "audit list"),
    "phones link": ("--model", "yealink-t4x", "--mac", "--hours", "--once"),
    "phones serve": ("--bind", "--cert", "--plain", "audit list"),
    "agents list": ("--json",),
    "calls list": ("--from", "--outcome", "timed_out", "--reveal", "2h", "2026-11-23"),
    "calls show": ("CallId", "Uniqueid", "--reveal"),
    "calls export": ("--format", "jsonl", "csv", "--excel", "--output", "--reveal"),
    "dialplan render": ("--mode", "include", "secrets.toml", "dialplans/README.md"),
    "dialplan check": ("--sounds", "exit status is 0 when"),
    "dialplan diff": ("no secret", "exit status is 1 when"),
    "prompts build": ("eSpeak NG", "own recordings stay"),
    "prompts import": ("8 kHz", "closed.wav", "all of them, or none"),
    "prompts list": ("--language", "--json"),
    "prompts check": ("exit status is 0 when",),
    "journal-agent init": ("--name", "certificate", "delete it first"),
    "journal-agent serve": ("--logs", "--bind", "127.0.0.1", "5048", "SIGTERM"),
}


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """``python -m zhitong`` as a process of its own."""
    command = [sys.executable, "-m", "zhitong", *arguments]
    environment = {**os.environ, **environ}
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False, env=environment)


# --- help ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def wide(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("COLUMNS", "200")
    return terminal


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches(wide: Terminal, command: str) -> None:
    said = wide.zhitong(*command.split(), "--help")
    assert said.status == 0
    for word in COMMANDS[command]:
        assert word in said.out
    first = next(line for line in said.out.splitlines()[2:] if line.strip())
    assert any(ord(letter) > 0x2E80 for letter in first), "Chinese first"


NARROW = (
    *("", *COMMANDS, "calls", "agents", "dialplan", "prompts", "chaos", "status", "doctor", "journal-agent"),
    *("pbx", "pbx up", "pbx down", "pbx status", "pbx cli", "pbx install", "accounts", "audit"),
    *("missed", "missed list", "missed show", "missed assign", "missed call", "missed close", "missed reopen"),
    *("missed report", "reconcile", "reconcile nightly", "reconcile verify", "recordings", "recordings list"),
    *("recordings verify", "recordings pause", "recordings resume", "retention", "retention run", "retention hold"),
    *("retention release", "retention holds", "retention check"),
)


@pytest.mark.parametrize("command", NARROW)
def test_help_loses_no_letter_on_a_narrow_screen(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Rich cuts a line that a Chinese text fills to the last column; such a text is put in other words."""
    monkeypatch.setenv("COLUMNS", "80")
    assert "…" not in terminal.zhitong(*command.split(), "--help").out


def test_the_root_lists_every_command(wide: Terminal) -> None:
    said = wide.zhitong("--help")
    for command in ("demo", "run", "serve", "pbx", "dialplan", "agents", "calls", "doctor", "journal-agent"):
        assert f"│ {command} " in said.out
    assert "zhitong demo" in said.out


@pytest.mark.parametrize("words", [(), ("calls",), ("agents",), ("dialplan",), ("pbx",)])
def test_no_argument_shows_the_help(terminal: Terminal, words: tuple[str, ...]) -> None:
    said = terminal.zhitong(*words)
    assert "Commands" in said.both


def test_a_mistyped_command(terminal: Terminal) -> None:
    said = terminal.zhitong("cals")
    assert said.status == 2
    assert "cals" in said.err


# --- errors -------------------------------------------------------------------------------------------------------


def fails_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)


def test_each_error_of_a_group_is_said_once(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = ExceptionGroup("tasks", [LabError("the PBX died"), AmiUnreachable("no PBX there")])
    fails_with(monkeypatch, ExceptionGroup("scene", [inner, LabError("the PBX died")]))
    said = terminal.zhitong()
    assert said.status == 1
    assert said.err.splitlines() == ["错误 error: the PBX died", "错误 error: no PBX there"]


def test_a_bug_of_ours_is_no_polite_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback is what helps then."""
    fails_with(monkeypatch, ExceptionGroup("scene", [LabError("x"), KeyError("bug")]))
    with pytest.raises(ExceptionGroup) as raised:
        cli.main()
    assert [type(error) for error in console.leaves(raised.value)] == [KeyError]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file or directory", "/x/y"), "/x/y: No such file or directory."),
        (OSError(28, "No space left on device"), "No space left on device."),
        (TimeoutError("too long"), "too long"),
    ],
)
def test_the_systems_errors_name_the_file(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    fails_with(monkeypatch, error)
    assert terminal.zhitong().err == f"错误 error: {words}\n"


def test_a_message_is_words_not_markup_and_is_never_broken(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "[red]x[/nosuch] " + "say: chmod 600 /a/very/long/path " * 20
    fails_with(monkeypatch, LabError(words))
    assert terminal.zhitong().err == f"错误 error: {words}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("calls", "list", "--site", "/nosuch.toml"),
        ("agents", "import", "/nosuch.csv"),
        ("agents", "list", "--site", "/dev/null"),
        ("serve", "--site", "/nosuch.toml"),
        ("demo", "--directory", "/proc/nosuch"),
        ("dialplan", "render", "/proc/nosuch", "--agents", "/nosuch.csv"),
    ],
)
def test_errors_as_a_process(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    site = tmp_path / "site.toml"
    site.write_text('name = "x"\nhotline = ["12345"]\n[[queue]]\nname = "q"\n', encoding="utf-8")
    done = run(*arguments, ZHITONG_SITE=str(site))
    assert done.returncode == 1
    assert done.stderr.startswith("错误 error: ")
    assert "Traceback" not in done.stderr
    assert "nosuch" in done.stderr or "/dev/null" in done.stderr
    assert done.stdout == ""


def test_a_terminal_that_knows_no_chinese(tmp_path: Path) -> None:
    done = run("calls", "list", "--site", "/nosuch.toml", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert done.stderr.startswith("?? error: /nosuch.toml")
    assert "Traceback" not in done.stderr


def test_json_is_utf8_whatever_the_terminal(terminal: Terminal) -> None:
    file = terminal.folder / "agents.csv"
    file.write_text("number,name,queues\n1001,张三,citizens\n", encoding="utf-8")
    terminal.zhitong("agents", "import", file)
    done = run("agents", "list", "--json", PYTHONIOENCODING="ascii")
    assert '"张三"' in done.stdout


# --- what is loaded -----------------------------------------------------------------------------------------------

LOADED = """
import sys
from zhitong.cli.main import main
sys.argv[0] = "zhitong"
try:
    main()
except SystemExit:
    print(*sorted(name for name in sys.modules if name.startswith(("zhitong.", "dialplans", "asterisk"))))
"""


def loaded(*arguments: str) -> set[str]:
    """Modules that are in the process after this command."""
    command = [sys.executable, "-c", LOADED, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_looking_at_calls_loads_nothing_else() -> None:
    names = loaded("calls", "list", "--site", "/nosuch.toml")
    assert "zhitong.cli.calls" in names
    assert not [name for name in names if name.startswith(("zhitong.lab", "dialplans", "asterisk"))]
