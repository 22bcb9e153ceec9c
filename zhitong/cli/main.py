"""The ``zhitong`` command: the outermost layer. Each group of commands is a module beside this one."""

import sys

import typer

from telephony.errors import ZhitongError
from zhitong.cli import agents, calls, console, demo, dialplan, doctor, pbx, run, serve

_HELP = """直通 Zhitong：市民拨打 12345，直接由人接听。

The voice front end of a government hotline: callers are queued straight to people, every call is on record.

First steps: `zhitong demo` shows it with real calls; `zhitong run` gives you a PBX for two softphones of your own.
"""

app = typer.Typer(help=_HELP, no_args_is_help=True, add_completion=False, rich_markup_mode="markdown")
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.add_typer(pbx.app, name="pbx")
app.add_typer(dialplan.app, name="dialplan")
app.add_typer(agents.app, name="agents")
app.add_typer(calls.app, name="calls")


def main() -> None:
    """Run the command line; an error of ours is said in words, not as a traceback. Exit status 1: it failed."""
    try:
        app()
    except* ZhitongError as errors:
        for error in console.leaves(errors):
            console.complain(str(error))
        sys.exit(1)
