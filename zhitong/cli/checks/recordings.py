"""Can recordings be looked at, and deleted when they are due? Nothing is changed or made."""

import os
from collections.abc import Iterator

from telephony.config import Site
from telephony.places import recordings_of
from zhitong.cli.checks.findings import Finding, error, note, ok, warning

_ACL = (
    "给运行 zhitong 的用户读写权限：docs/operations.md，Recordings（setfacl）。",
    "Give zhitong's user the right to read and write there: docs/operations.md, Recordings (setfacl).",
)


def check_recordings(site: Site) -> Iterator[Finding]:
    """Where calls are recorded: the folder."""
    if not site.recording.on:
        return
    folder = recordings_of(site)
    if not folder.is_dir():
        yield note(
            "recordings",
            (f"录音目录 {folder} 不在本机", f"The recordings folder {folder} is not on this machine"),
            (
                "若 PBX 在本机：建立它并交给 asterisk 用户。否则录音核对与到期删除要在 PBX 上做。",
                "If the PBX is: make it, owned by asterisk's user. Else verify and retention have to run where it is.",
            ),
        )
    elif not os.access(folder, os.R_OK | os.X_OK):
        unread = (f"{folder} 无权读取，录音无法核对", f"{folder} may not be read: no recording can be looked at")
        yield error("recordings", unread, _ACL)
    elif not os.access(folder, os.W_OK):
        fixed = (f"{folder} 不可写，到期录音删不掉", f"{folder} may not be written: what is due cannot be deleted")
        yield warning("recordings", fixed, _ACL)
    else:
        yield ok("recordings", f"{folder} 可读可写", f"{folder} can be read and written")
