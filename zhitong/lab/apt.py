"""A private apt tree: resolve and download Debian packages without root and without touching the host's own.

Three rules:

* the mirror's address comes from the host's own apt (or from the person, ``ZHITONG_APT_MIRROR``), never from us;
* an archive is used only after apt has verified its signature against a Debian keyring of the host
  (or ``ZHITONG_APT_KEYRING``). There is no switch that turns this off;
* nothing outside the given directory is written.

Debian signs the *sid* suite with the automatic keys of several releases at a time, so the keyring of the current or
the previous stable release knows one of them. Where it does not (a much older host), `PrivateApt.update` raises, and
the remedy is a newer ``debian-archive-keyring``, not a download that nobody vouches for.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from telephony.errors import LabError

Progress = Callable[[str, float], None]
"""Told what is being done and how far it is, 0.0 to 1.0. Called from the thread that does the work."""

_KEYRINGS = (
    "/usr/share/keyrings/debian-archive-keyring.pgp",
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/etc/apt/trusted.gpg.d/debian-archive-keyring.gpg",
)
# Taken over from the host, so that a proxy, a frozen mirror or a slow line that its own apt copes with is coped with
# here too. Never the switches that accept unsigned archives.
_HOST_SETTINGS = re.compile(
    r"^Acquire::(?:https?::|ftp::|Retries|Check-Valid-Until|Check-Date|Max-ValidTime|ForceIPv[46])", re.IGNORECASE
)
_INSTALLED = re.compile(r"^Inst (?P<name>\S+) (?:\[[^]]*\] )?\((?P<version>\S+)")
_DOWNLOADING = re.compile(r"^dlstatus:[^:]*:(?P<percent>[\d.]+):")


class Source(msgspec.Struct, frozen=True):
    """Where packages come from: a mirror's address, a suite, and the keyring that vouches for it."""

    mirror: str
    suite: str
    keyring: Path


class Package(msgspec.Struct, frozen=True, order=True):
    """One package of a resolved closure."""

    name: str
    version: str


def host_source(scratch: Path, suite: str, environ: Mapping[str, str] = os.environ) -> Source:
    """The Debian mirror and keyring of this host, for `suite`; `scratch` holds lists if apt has none yet.

    Raises LabError when there is no apt, no Debian mirror among its sources, or no Debian keyring.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise LabError(
            "this machine's package manager is not apt, so Asterisk and SIPp cannot be fetched without root. "
            "Install Asterisk 20.11+ or 22.1+ and SIPp 3.7+ by your own package manager and point at them: "
            "ZHITONG_ASTERISK=/usr/sbin/asterisk ZHITONG_SIPP=/usr/bin/sipp"
        )
    keyring = _keyring(environ)
    return Source(environ.get("ZHITONG_APT_MIRROR") or _host_mirror(scratch), suite, keyring)


def _keyring(environ: Mapping[str, str]) -> Path:
    chosen = environ.get("ZHITONG_APT_KEYRING")
    for candidate in map(Path, [chosen] if chosen else _KEYRINGS):
        if candidate.is_file():
            return candidate
    raise LabError(
        f"no keyring of Debian's archive ({chosen or 'debian-archive-keyring'}) on this machine, so nothing that is "
        "fetched could be verified. Install the package debian-archive-keyring, or name a keyring file in "
        "ZHITONG_APT_KEYRING; or point at programs you have: ZHITONG_ASTERISK=… ZHITONG_SIPP=…"
    )


def _host_mirror(scratch: Path) -> str:
    mirror = _mirror_in(_index_targets([]))
    if mirror is None:  # apt-get update never ran here, or its lists were thrown away: fetch them for ourselves
        for part in ("lists/partial", "cache/archives/partial"):
            (scratch / part).mkdir(parents=True, exist_ok=True)
        private = [
            f"-oDir::State::lists={scratch / 'lists'}",
            f"-oDir::Cache={scratch / 'cache'}",
            "-oAPT::Sandbox::User=",
            "-oDebug::NoLocking=true",
        ]
        # One dead source among several must not stop us: what counts is whether a Debian one answers below.
        _run(["apt-get", "update", *private], check=False)
        mirror = _mirror_in(_index_targets(private))
    if mirror is None:
        raise LabError(
            "no Debian mirror among this machine's apt sources. Name one in ZHITONG_APT_MIRROR (an address as in "
            "sources.list), or point at programs you have: ZHITONG_ASTERISK=/usr/sbin/asterisk ZHITONG_SIPP=…"
        )
    return mirror


def _index_targets(options: Sequence[str]) -> str:
    fields = "$(ORIGIN)\t$(RELEASE)\t$(REPO_URI)"
    command = ["apt-get", "indextargets", *options, "--format", fields, "Created-By: Packages"]
    return _run(command, check=False).stdout


def _mirror_in(targets: str) -> str | None:
    """The address of the first plain Debian archive (not the security one, which has no sid) in apt's answer."""
    for line in targets.splitlines():
        origin, release, address = [*line.split("\t"), "", ""][:3]
        if origin == "Debian" and "security" not in release and "security" not in address:
            return address
    return None


class PrivateApt:
    """An apt of our own in one directory. Every method runs apt and blocks; LabError carries what apt said."""

    def __init__(self, root: Path, source: Source) -> None:
        self._root = root
        self._source = source
        self._config = root / "apt.conf"

    def prepare(self) -> None:
        """Make the directories, the configuration and the one source line. May be repeated."""
        for part in ("etc", "state/lists/partial", "cache/archives/partial", "log"):
            (self._root / part).mkdir(parents=True, exist_ok=True)
        for part in ("preferences.d", "sources.list.d", "trusted.gpg.d", "apt.conf.d", "auth.conf.d"):
            (self._root / "etc" / part).mkdir(exist_ok=True)
        source = self._source
        options = f"arch={_architecture()} signed-by={source.keyring}"
        # From a mirror on this machine apt would use the archives where they lie, and leave us none to unpack.
        mirror = re.sub(r"^file:", "copy:", source.mirror)
        line = f"deb [{options}] {mirror} {source.suite} main\n"
        (self._root / "etc" / "sources.list").write_text(line, encoding="utf-8")
        self._config.write_text(_apt_conf(self._root, _host_settings()), encoding="utf-8")
        self._pretend_installed(())

    def update(self) -> None:
        """Fetch the suite's package lists and verify their signature."""
        done = self._apt("update", check=False)
        if "NO_PUBKEY" in done.stderr or "EXPKEYSIG" in done.stderr or "is not signed" in done.stderr:
            raise LabError(
                f"the keys in {self._source.keyring} do not vouch for Debian {self._source.suite}. Upgrade the package "
                "debian-archive-keyring, or name a newer keyring in ZHITONG_APT_KEYRING. apt said: "
                + done.stderr.strip()
            )
        if done.returncode != 0 or re.search(r"^(?:E:|W: Failed)", done.stderr, re.MULTILINE):
            raise LabError(
                "apt could not fetch the package lists; is the mirror reachable? It said: " + done.stderr.strip()
            )

    def closure(self, wanted: Sequence[str], unneeded: Sequence[str]) -> tuple[Package, ...]:
        """What must be fetched so that `wanted` runs, sorted by name.

        `unneeded` are patterns (matched at the start of a name) of packages that no part in use needs. They, and
        what only they pull in, are left out by telling apt that they are there.
        """
        self._pretend_installed(())
        everything = self._simulate(wanted)
        drop = re.compile("|".join(unneeded)) if unneeded else None
        self._pretend_installed(package.name for package in everything if drop and drop.match(package.name))
        return self._simulate(wanted)

    def download(self, wanted: Sequence[str], closure: Sequence[Package], progress: Progress) -> list[Path]:
        """Fetch the archives of `closure` (the last answer for `wanted`) and verify them.

        Resumes what a killed run left behind.
        """
        command = ["apt-get", "-q", "-y", "--download-only", "-oAPT::Status-Fd=1", "install", *wanted]
        complaints: list[str] = []
        with subprocess.Popen(
            command, env=self._environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as apt:
            assert apt.stdout is not None
            for line in apt.stdout:
                if found := _DOWNLOADING.match(line):
                    progress("downloading", float(found["percent"]) / 100)
                elif line.startswith(("E:", "W:", "Err")):
                    complaints.append(line.strip())
        archives = [archive for package in closure for archive in self._archive(package)]
        if apt.returncode != 0 or len(archives) < len(closure):
            raise LabError("apt could not download the packages; try again. It said: " + " ".join(complaints))
        return archives

    def _archive(self, package: Package) -> Iterable[Path]:
        # The directory may hold archives of an older closure, of a run that was killed: name exactly ours.
        version = package.version.replace(":", "%3a")
        return (self._root / "cache" / "archives").glob(f"{package.name}_{version}_*.deb")

    def _simulate(self, wanted: Sequence[str]) -> tuple[Package, ...]:
        done = self._apt("-s", "install", *wanted)
        matches = filter(None, map(_INSTALLED.match, done.stdout.splitlines()))
        return tuple(sorted(Package(found["name"], found["version"]) for found in matches))

    def _pretend_installed(self, names: Iterable[str]) -> None:
        architecture = _architecture()
        stanza = (
            "Package: {}\nStatus: install ok installed\nArchitecture: {}\nMulti-Arch: allowed\n"
            "Version: 9999:1\nDescription: not needed here\n\n"
        )
        status = "".join(stanza.format(name, architecture) for name in names)
        (self._root / "state" / "status").write_text(status, encoding="utf-8")

    def _apt(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return _run(["apt-get", "-q", *arguments], check=check, environ=self._environ())

    def _environ(self) -> dict[str, str]:
        return {**os.environ, "APT_CONFIG": str(self._config), "LC_ALL": "C"}


def _architecture() -> str:
    return _run(["dpkg", "--print-architecture"]).stdout.strip()


def _host_settings() -> list[str]:
    dump = _run(["apt-config", "dump"], check=False).stdout.splitlines()
    return [line for line in dump if _HOST_SETTINGS.match(line)]


def _apt_conf(root: Path, host_settings: Sequence[str]) -> str:
    ours = (
        f'Dir "{root}/";',
        f'Dir::Etc "{root}/etc/";',
        f'Dir::State "{root}/state/";',
        f'Dir::State::status "{root}/state/status";',
        f'Dir::Cache "{root}/cache/";',
        f'Dir::Log "{root}/log/";',
        'APT::Install-Recommends "false";',
        'APT::Sandbox::User "";',
        'Acquire::Languages "none";',
        # The tree is ours alone and the caller holds a lock on it; fcntl locks fail on some home directories.
        'Debug::NoLocking "true";',
    )
    return "\n".join((*host_settings, *ours)) + "\n"


def _run(
    command: Sequence[str], *, check: bool = True, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command,
        env=dict(environ) if environ is not None else {**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if check and done.returncode != 0:
        raise LabError(f"`{' '.join(command[:4])} …` failed: {done.stderr.strip() or done.stdout.strip()}")
    return done
