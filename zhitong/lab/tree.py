"""Programs this machine does not have, fetched without root and kept in the cache: a *tree*.

`fetch` resolves a set of Debian packages, downloads, verifies and unpacks them under
``$XDG_CACHE_HOME/zhitong/trees`` (``~/.cache`` by default). A tree's name carries a hash of the exact package list,
so a tree never changes once it is there; a small pointer file names the tree of each set, so that a second call needs
neither network nor apt. Building happens in a directory of its own and ends with one rename, under a file lock: two
processes build once, and a build that was killed is thrown away (its downloads are kept and resumed).
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from telephony.errors import LabError
from zhitong.lab.apt import Package, PrivateApt, Progress, host_source

_RECIPE = 1
"""Part of every tree's key: raise it when unpacking changes, so that old trees are not taken for new ones."""

_SUITE = "sid"
"""The one suite of Debian that carries Asterisk 22."""

_LEFT_OUT = ("./usr/share/doc", "./usr/share/man", "./usr/share/locale", "./usr/share/lintian", "./etc", "./var")


class PackageSet(msgspec.Struct, frozen=True, kw_only=True):
    """What to fetch.

    `wanted` are package names; `unneeded` are patterns of packages that are left out with what only they need;
    `links` are made after unpacking (link path → target, both inside the tree, target relative to the link);
    `programs` are paths that must exist and find all their libraries in the tree.
    """

    name: str
    wanted: tuple[str, ...]
    unneeded: tuple[str, ...] = ()
    links: dict[str, str] = {}
    programs: tuple[str, ...] = ()


class Tree(msgspec.Struct, frozen=True):
    """An unpacked set of packages, complete and read-only for its users."""

    root: Path
    loader: Path
    libraries: Path

    def command(self, program: str) -> list[str]:
        """The argument list that starts `program` (a path in the tree) with the tree's own C library."""
        return [
            str(self.loader),
            *("--library-path", str(self.libraries)),
            *("--argv0", Path(program).name),
            str(self.root / program),
        ]

    def environ(self) -> dict[str, str]:
        """Variables without which the tree's C library and OpenSSL would look into the host's directories."""
        return {
            "GCONV_PATH": str(self.libraries / "gconv"),
            "OPENSSL_MODULES": str(self.libraries / "ossl-modules"),
        }


PBX = PackageSet(
    name="pbx",
    wanted=("asterisk", "asterisk-core-sounds-en-gsm", "asterisk-moh-opsound-gsm", "sip-tester"),
    unneeded=(
        # Interpreters and the tools of installing, which are never run here.
        *("perl", "libperl", "python3", "libpython3", "adduser", "passwd", "base-passwd", "login", "debconf"),
        *("libdebconf", "libpam", "libaudit", "libselinux", "libsemanage", "libsepol", "readline-common"),
        *("libreadline", "media-types", "netbase", "tzdata", "gnupg", "gpg", "dirmngr", "pinentry", "libgpgme"),
        # Libraries of Asterisk modules that the lab does not load (zhitong.lab.astconf).
        *("libasound", "libcodec2", "libcurl", "libglib2", "libgmime", "libical", "libicu", "libiksemel", "libjack"),
        *("libjwt", "libldap", "liblua", "libneon", "libnss3", "libodbc", "libopencore", "libportaudio", "libpq5"),
        *("libradcli", "libsensors", "libsnmp", "libspandsp", "libsybdb", "libunbound", "libvo-amrwb"),
    ),
    links={"usr/share/asterisk/sounds/en": "en_US_f_Allison"},
    programs=("usr/sbin/asterisk", "usr/bin/sipp"),
)
"""Asterisk 22 with English prompts and music on hold, and SIPp."""

PRODUCTION = PackageSet(
    name="asterisk",
    # Music as .wav: what Asterisk must decode may cost a recording the other party's voice (dialplans/README.md).
    wanted=("asterisk", "asterisk-core-sounds-en-gsm", "asterisk-moh-opsound-wav"),
    unneeded=tuple(name for name in PBX.unneeded if name != "libnss3"),  # libsrtp2 encrypts with it
    links=PBX.links,
    programs=("usr/sbin/asterisk",),
)
"""The same Asterisk for a hotline of its own (``zhitong pbx install``)."""

REDIS = PackageSet(
    name="redis",
    wanted=("redis-server",),
    unneeded=(
        "adduser",
        "passwd",
        "login",
        "perl",
        "libperl",
        "libpam",
        "libaudit",
        "libselinux",
        "libsem",
        "libsepol",
    ),
    programs=("usr/bin/redis-server",),
)


def cache_home(environ: Mapping[str, str] = os.environ) -> Path:
    """Where trees live: ``$XDG_CACHE_HOME/zhitong``, ``~/.cache/zhitong`` by default."""
    base = environ.get("XDG_CACHE_HOME")
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache") / "zhitong"


def fetch(
    packages: PackageSet = PBX,
    progress: Progress = lambda _what, _done: None,
    *,
    cache: Path | None = None,
    refresh: bool = False,
) -> Tree:
    """The tree of `packages`, from the cache or fetched now (about ten seconds on a quick line). Blocks.

    `refresh` asks the mirror for newer versions even when a tree is there. Raises LabError with the remedy.
    """
    trees = (cache or cache_home()) / "trees"
    if not refresh and (tree := _cached(trees, packages)):
        return tree
    try:
        trees.mkdir(parents=True, exist_ok=True)
        with _locked(trees / ".lock", progress):
            # Whoever held the lock before us may have built just what we want.
            return (not refresh and _cached(trees, packages)) or _build(trees, packages, progress)
    except OSError as error:
        raise LabError(f"cannot make a tree under {trees}: {error.strerror or error} (disk full?)") from error


class _Pointer(msgspec.Struct, frozen=True):
    """The file ``<set>.json``: which tree is the set's, and for which definition of the set it was made."""

    definition: str
    tree: str
    packages: tuple[Package, ...]


def _cached(trees: Path, packages: PackageSet) -> Tree | None:
    try:
        pointer = msgspec.json.decode((trees / f"{packages.name}.json").read_bytes(), type=_Pointer)
    except (OSError, msgspec.DecodeError):
        return None
    root = trees / pointer.tree
    return _open(root) if pointer.definition == _definition(packages) and root.is_dir() else None


def _definition(packages: PackageSet) -> str:
    return _hash([str(_RECIPE), msgspec.json.encode(packages).decode()])


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _build(trees: Path, packages: PackageSet, progress: Progress) -> Tree:
    for leftover in trees.glob(".build-*"):  # of a build that was killed; we hold the lock, so nobody is in it
        shutil.rmtree(leftover, ignore_errors=True)
    progress("asking the mirror", 0.0)
    apt = PrivateApt(trees / "apt", host_source(trees / "apt" / "host", _SUITE))
    apt.prepare()
    apt.update()
    closure = apt.closure(packages.wanted, packages.unneeded)
    versions = [f"{package.name}={package.version}" for package in closure]
    root = trees / f"{packages.name}-{_hash([_definition(packages), *versions])}"
    if not root.is_dir():
        archives = apt.download(packages.wanted, closure, progress)
        _unpack(archives, trees / f".build-{os.getpid()}", root, packages, progress)
    shutil.rmtree(trees / "apt", ignore_errors=True)  # 150 MB of lists and archives that have done their work
    _point(trees, packages, _Pointer(_definition(packages), root.name, closure))
    progress("ready", 1.0)
    return _open(root)


def _point(trees: Path, packages: PackageSet, pointer: _Pointer) -> None:
    draft = trees / f".{packages.name}.json.new"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(pointer)))
    draft.replace(trees / f"{packages.name}.json")


def _unpack(archives: list[Path], build: Path, root: Path, packages: PackageSet, progress: Progress) -> None:
    build.mkdir()
    for number, archive in enumerate(archives):
        progress("unpacking", number / len(archives))
        _unpack_one(archive, build)
    for link, target in packages.links.items():
        (build / link).symlink_to(target)
    tree = _open(build)
    for program in packages.programs:
        if missing := missing_libraries(tree, build / program):
            raise LabError(
                f"{program} of Debian {_SUITE} now needs {', '.join(missing)}, which zhitong.lab.tree leaves out; "
                "take the name out of `unneeded` there"
            )
    build.rename(root)


def _unpack_one(archive: Path, into: Path) -> None:
    excludes = [f"--exclude={path}" for path in _LEFT_OUT]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as unpacked:
        untar = ["tar", "-x", "-C", str(into), "--no-same-owner", *excludes]
        done = subprocess.run(untar, stdin=unpacked.stdout, capture_output=True, text=True, check=False)
    if unpacked.returncode != 0 or done.returncode != 0:
        raise LabError(f"cannot unpack {archive.name} (disk full?): {done.stderr.strip()}")


def missing_libraries(tree: Tree, program: Path) -> list[str]:
    """The libraries a program or module of the tree asks for and does not find; ``[program]`` if it is not there."""
    if not program.exists():
        return [program.name]
    command = [str(tree.loader), "--library-path", str(tree.libraries), "--list", str(program)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [line.split()[0] for line in listed.splitlines() if line.endswith("not found")]


def _open(root: Path) -> Tree:
    loaders = sorted(root.glob("usr/lib*/ld-linux-*.so.*"))
    c_libraries = sorted(root.glob("usr/lib/*/libc.so.6"))
    if not loaders or not c_libraries:
        raise LabError(f"{root} holds no C library; remove the directory and fetch it again")
    return Tree(root, loaders[0], c_libraries[0].parent)


@contextmanager
def _locked(path: Path, progress: Progress) -> Iterator[None]:
    """Hold a lock file. The kernel frees it when its holder dies, however it dies."""
    with path.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                progress("waiting for another process that is fetching", 0.0)
                time.sleep(0.2)
        yield
