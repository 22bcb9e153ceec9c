"""Asterisk's log folder on this machine: can Asterisk write there, can we read it, and will the disk hold?"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from telephony.config import Site
from telephony.journal.cdr import cdr_row
from telephony.journal.files import CDR_LOG, CEL_LOG, PATHS, QUEUE_LOG
from telephony.journal.rows import cel_row, queue_line
from zhitong.cli.checks.findings import Finding, error, listed, ok, warning
from zhitong.cli.checks.logrotate import judge_rotation, read_rules

MOUNTS = Path("/proc/mounts")
_FAR = ("nfs", "cifs", "smb", "fuse.", "9p", "ceph", "glusterfs")
_LEAST_FREE = 0.05
_LAST = 64 * 1024
_READ: dict[str, Callable[[str], object]] = {CEL_LOG: cel_row, CDR_LOG: cdr_row, QUEUE_LOG: queue_line}


def check_log_folder(site: Site) -> Iterator[Finding]:
    """Nothing when the PBX's log folder is not on this machine."""
    log = Path(site.pbx.folders.log)
    if not log.is_dir():
        return
    paths = [log / PATHS[which] for which in (CEL_LOG, QUEUE_LOG, CDR_LOG)]
    yield from _folders(log)
    yield from _disk(log)
    yield from _rows(log)
    yield from judge_rotation(paths, read_rules())


def _folders(log: Path) -> Iterator[Finding]:
    folders = [log / name for name in ("cel-custom", "cdr-custom")]
    missing = [folder.name for folder in folders if not folder.is_dir()]
    if missing:
        yield error(
            "pbx-folders",
            (f"{log} 里没有 {'、'.join(missing)}", f"{log} has no {', '.join(missing)}"),
            (
                "建立它们并交给 asterisk 用户：Asterisk 自己不建，每一行都会丢。",
                "Make them, owned by asterisk's user: it does not make them, and loses every row.",
            ),
        )
    writer = log.stat().st_uid
    foreign = [folder.name for folder in folders if folder.is_dir() and not _may_write(folder, writer)]
    if foreign:
        yield error(
            "pbx-folders",
            (f"Asterisk 写不进 {'、'.join(foreign)}", f"Asterisk cannot write into {', '.join(foreign)}"),
            (
                f"让它们与 {log} 同一属主、可写：chown、chmod u+rwx；否则每一行都会丢。",
                f"Give them the owner of {log}, and let him write: chown, chmod u+rwx; or every row is lost.",
            ),
        )
    readable = (*folders, *(log / path for path in PATHS.values()))
    unread = [each.name for each in readable if each.exists() and not _may_read(each)]
    if unread:
        yield error(
            "pbx-folders",
            (f"本用户读不了 {listed(unread)}", f"This user cannot read {listed(unread)}"),
            (
                "把 zhitong 用户加入 asterisk 组，并让该组可读：usermod -aG asterisk zhitong。",
                "Put zhitong's user into asterisk's group, and let that read: usermod -aG asterisk zhitong.",
            ),
        )


def _may_write(folder: Path, writer: int) -> bool:
    """The owner of the log folder is who Asterisk runs as. Root's rights are not counted on."""
    status = folder.stat()
    if status.st_uid == writer:
        return bool(status.st_mode & 0o300 == 0o300)
    return status.st_mode & 0o003 == 0o003 or (
        status.st_gid == folder.parent.stat().st_gid and _by_group(status.st_mode)
    )


def _by_group(mode: int) -> bool:
    return mode & 0o030 == 0o030


def _may_read(path: Path) -> bool:
    return os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0))


def _disk(log: Path) -> Iterator[Finding]:
    usage = shutil.disk_usage(log)
    if usage.free < _LEAST_FREE * usage.total:
        kind = warning if usage.free else error
        yield kind(
            "log-disk",
            (
                f"{log} 所在磁盘只剩 {usage.free / usage.total:.1%}",
                f"The disk of {log} has {usage.free / usage.total:.1%}",
            ),
            (
                "腾出空间：满了以后 Asterisk 不声不响地丢行，补录会有缺口。",
                "Make room: on a full disk Asterisk loses rows without a word, and the journal has a gap.",
            ),
        )
    kind_of_disk = _file_system(log)
    if kind_of_disk.startswith(_FAR):
        yield warning(
            "log-disk",
            (f"{log} 在网络文件系统上（{kind_of_disk}）", f"{log} is on a network file system ({kind_of_disk})"),
            (
                "换到本机磁盘：它一卡住，queue_log 会让排队的来电者等着，没有人应答。",
                "Use a disk of this machine: while it hangs, callers stand before the queue, and nobody answers.",
            ),
        )


def _file_system(path: Path) -> str:
    """The type of the file system that ``path`` is on; empty when it cannot be told."""
    try:
        lines = [line.split() for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ""
    whole = path.resolve()
    on = [(len(each[1]), each[2]) for each in lines if len(each) > 2 and whole.is_relative_to(each[1])]
    return max(on, default=(0, ""))[1]


def _rows(log: Path) -> Iterator[Finding]:
    """The last rows are such as we can read."""
    there = {which: log / path for which, path in PATHS.items() if (log / path).is_file() and _may_read(log / path)}
    strange = [path.name for which, path in there.items() if not _readable(path, _READ[which])]
    if strange:
        yield error(
            "logs",
            (f"读不懂 {listed(strange)} 的最后几行", f"The last rows of {listed(strange)} cannot be read"),
            (
                "格式不是渲染出的那种：装入渲染的 *_custom.conf，再 asterisk -rx 'core reload'。",
                "They are not as rendered: install the rendered *_custom.conf, then: asterisk -rx 'core reload'.",
            ),
        )
    elif there:
        yield ok("logs", f"{listed([path.name for path in there.values()])} 读得懂", "The logs can be read")


def _readable(path: Path, read: Callable[[str], object]) -> bool:
    """Whether one of the last lines is a row; a log without a line says nothing against itself."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST))
        lines = file.read().decode("utf-8", "replace").splitlines()[-3:]
    return not lines or any(read(line) is not None for line in lines)
