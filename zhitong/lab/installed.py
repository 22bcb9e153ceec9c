"""A fetched Asterisk put where a production PBX has one: ``/usr/sbin/asterisk`` and the directories of site.toml.

Debian stable carries no Asterisk 22. The tree that the lab runs (`zhitong.lab.tree`: Debian's own packages, their
signatures verified) is copied to ``/opt/asterisk`` whole, and links at Debian's usual places lead into it:

* ``/opt/asterisk/<tree>``, one for each version that was ever installed, never changed once it is there;
* ``/opt/asterisk/current`` → the one to start next; what runs keeps its own until it is restarted;
* ``/opt/asterisk/data``: sounds, music and documentation; what a site adds (``sounds/zh``) stays over an update;
* ``/usr/sbin/asterisk``, ``/usr/lib/<machine>/asterisk/modules``, ``/usr/share/asterisk`` → these.

Nothing is overwritten that this did not make: an Asterisk of another origin is refused.
"""

import os
import shutil
from pathlib import Path

import msgspec

from telephony.errors import LabError
from telephony.files import write_whole
from zhitong.lab.tree import Tree

HOME = Path("opt/asterisk")
_MARK = "# Written by zhitong pbx install."
_PROGRAM = f"""\
#!/bin/sh
{_MARK} Starts the Asterisk below with its own C library.
root=$(readlink -f "{{current}}") || exit 1
export GCONV_PATH="$root/{{libraries}}/gconv" OPENSSL_MODULES="$root/{{libraries}}/ossl-modules"
exec "$root/{{loader}}" --library-path "$root/{{libraries}}" --argv0 asterisk "$root/usr/sbin/asterisk" "$@"
"""


class Installed(msgspec.Struct, frozen=True):
    """What is there now. ``before``: the tree that was current, None where there was none or it is the same."""

    home: Path
    tree: str
    before: str | None


def install(tree: Tree, root: Path = Path("/")) -> Installed:
    """Copy the tree below ``root`` and make it the current one. May be repeated; an update is the same call.

    Raises ``LabError`` where a place is taken by something else, or cannot be written.
    """
    home = root / HOME
    try:
        _refuse_others(root, home)
        before = _current(home)
        _copy(tree.root, home / tree.root.name)
        _point(home / "current", tree.root.name)
        _lay_data(home, tree.root / "usr/share/asterisk")
        _lay_links(root, home, tree)
    except OSError as error:
        raise LabError(f"{error.filename}: {error.strerror}. Run it as root; 200 MB must be free.") from error
    return Installed(home, tree.root.name, before if before != tree.root.name else None)


def _places(root: Path) -> dict[str, Path]:
    machine = f"{os.uname().machine}-linux-gnu"
    return {
        "program": root / "usr/sbin/asterisk",
        "modules": root / "usr/lib" / machine / "asterisk/modules",
        "data": root / "usr/share/asterisk",
    }


def _refuse_others(root: Path, home: Path) -> None:
    for name, place in _places(root).items():
        ours = place.is_symlink() and place.readlink().is_relative_to(home)
        if name == "program" and place.is_file():
            ours = _MARK in place.read_bytes()[:200].decode("utf-8", "replace")
        if (place.exists() or place.is_symlink()) and not ours:
            raise LabError(
                f"{place} is there already, of another Asterisk. Use that one (20.11+ or 22.1+), or remove it "
                "(apt remove asterisk) and run this again."
            )


def _current(home: Path) -> str | None:
    return (home / "current").readlink().name if (home / "current").is_symlink() else None


def _copy(source: Path, target: Path) -> None:
    if target.is_dir():
        return
    draft = target.with_name(f".{target.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(source, draft, symlinks=True)
    draft.chmod(0o755)
    draft.rename(target)


def _point(link: Path, target: str | Path) -> None:
    """Make ``link`` lead to ``target`` in one step."""
    if link.is_symlink() and link.readlink() == Path(target):
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    draft = link.with_name(f".{link.name}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)


_OWN = ("sounds", "sounds/en", "moh")
"""Folders of the data that a site adds to: real ones, of which each thing that the tree has is a link."""


def _lay_data(home: Path, source: Path) -> None:
    for folder in _OWN:
        (home / "data" / folder).mkdir(parents=True, exist_ok=True)
    for folder in ("", *_OWN):
        for entry in sorted((source / folder).glob("*")):
            name = entry.relative_to(source)
            if str(name) not in _OWN:
                _point(home / "data" / name, Path(*[".."] * len(name.parts), "current/usr/share/asterisk", name))


def _lay_links(root: Path, home: Path, tree: Tree) -> None:
    places = _places(root)
    libraries = tree.libraries.relative_to(tree.root)
    program = _PROGRAM.format(current=home / "current", libraries=libraries, loader=tree.loader.relative_to(tree.root))
    places["program"].parent.mkdir(parents=True, exist_ok=True)
    write_whole(places["program"], program, mode=0o755)
    _point(places["modules"], home / "current" / libraries / "asterisk/modules")
    _point(places["data"], home / "data")
