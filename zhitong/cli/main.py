"""The ``zhitong`` command: the outermost layer. Each group of commands is a module beside this one.

A module is imported when its command is used, so that ``zhitong serve`` carries nothing of the lab.
"""

import importlib
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from telephony.errors import ZhitongError
from zhitong.cli import console

_HELP = """直通 Zhitong：市民拨打 12345，直接由人接听。

The voice front end of a government hotline: callers are queued straight to people, every call is on record.

第一步 First steps: `zhitong demo` shows it with real calls; `zhitong run` gives you a PBX for two softphones of your
own. 每个命令都有 `--help`。
"""

_COMMANDS = (
    *("demo", "run", "serve", "gateway", "pbx", "dialplan", "agents", "directory", "accounts", "phones", "secrets"),
    *("audit", "calls", "missed", "numbers", "recordings", "retention", "reconcile", "report"),
    *("prompts", "status", "doctor", "chaos", "journal-agent"),
)
"""In the order of the help. Each is a module with an ``app`` (a group) or a function of the same name (a command)."""


class _Commands(TyperGroup):
    """Finds a command in the module of its name."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"zhitong.cli.{cmd_name.replace('-', '_')}")
        group = getattr(module, "app", None)
        if group is None:
            group = typer.Typer(add_completion=False, rich_markup_mode="markdown")
            group.command(cmd_name)(getattr(module, cmd_name))
        command = typer.main.get_command(group)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_Commands,
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,  # a bug of ours is a plain traceback, in a log as on a screen
)


@app.callback()
def _root() -> None:
    """Makes the application a group."""


def main() -> None:
    """Run the command line; an error of ours, or of a file, is said in words, not as a traceback. Exit status 1."""
    console.bear_any_locale()
    said: list[str] = []
    try:
        app()
    except* (ZhitongError, OSError) as errors:
        said = [_words(error) for error in console.leaves(errors)]
    except* UnicodeEncodeError:
        if all(word.isprintable() for word in sys.argv):
            raise
        said = ["What was typed is not UTF-8 throughout, and cannot be looked up. Set the terminal to UTF-8."]
    for message in dict.fromkeys(said):  # what two parts failed of alike is said once
        console.complain(message)
    sys.exit(1)  # here only after an error: the application itself exits


def _words(error: BaseException) -> str:
    """The message; of the system's own errors the file and what is wrong with it."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    return str(error)
