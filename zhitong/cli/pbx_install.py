"""``zhitong pbx install``: the Asterisk that the tests run, put where a hotline's PBX has it."""

import subprocess
from typing import Annotated

import typer

from telephony.errors import LabError
from zhitong.cli import console
from zhitong.cli.demo import fetching
from zhitong.lab.installed import install
from zhitong.lab.tree import PRODUCTION, fetch


def install_asterisk(
    refresh: Annotated[
        bool, typer.Option("--refresh", help="取新版本。 Ask Debian for a newer version; else what is fetched is used.")
    ] = False,
) -> None:
    """安装 Asterisk。Install Asterisk 22 for a hotline, from Debian's verified packages. As root; docs/pbx.md.

    For a Debian that carries none (12, 13). It goes to /opt/asterisk, with /usr/sbin/asterisk and the directories that
    site.toml names by default leading there; an Asterisk of another origin is never touched. Nothing is started or
    restarted: an update (--refresh) counts from Asterisk's next start on, and the version before stays for a way back.
    """
    with fetching("准备 Asterisk preparing") as progress:
        tree = fetch(PRODUCTION, progress, refresh=refresh)
    done = install(tree)
    console.say(f"已安装 {_version()}：{done.home}", "Installed.")
    if done.before:
        console.say(f"此前 {done.before}：重启 Asterisk 后改用新版", "Restart Asterisk to change over.")
    console.say("下一步：docs/pbx.md", "Next: the user, the folders and the unit of docs/pbx.md.")


def _version() -> str:
    done = subprocess.run(["/usr/sbin/asterisk", "-V"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"/usr/sbin/asterisk does not start: {done.stderr.strip()}")
    return done.stdout.strip()
