"""A small signed Debian archive on this machine, so that fetching is tested without a network, and against real apt."""

import gzip
import hashlib
import subprocess
from email.utils import formatdate
from pathlib import Path

_CONTROL = """\
Package: {name}
Version: {version}
Architecture: {architecture}
Maintainer: Nobody <nobody@example.org>
Depends: {depends}
Description: made for a test
"""

# What a tree needs of a C library: a loader that can list what a program asks for, and the library's own name.
_LOADER = """\
#!/bin/sh
# --library-path DIRECTORY --list PROGRAM: its second line names the libraries it asks for
for library in $(sed -n 2p "$4" | cut -c3-); do
  if [ -e "$2/$library" ]; then echo "$library => $2/$library"; else echo "$library => not found"; fi
done
"""


def run(*command: str | Path, cwd: Path | None = None) -> str:
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


class Key:
    """A signing key of its own, as the archive's maintainers have one, and its public half as a keyring file."""

    def __init__(self, directory: Path) -> None:
        self.home = directory
        self.keyring = directory / "keyring.gpg"
        directory.mkdir(mode=0o700)
        self.gpg("--passphrase", "", "--quick-gen-key", "Archive <archive@example.org>", "ed25519", "sign", "never")
        self.gpg("--export", "--output", str(self.keyring))

    def gpg(self, *arguments: str) -> None:
        run("gpg", "--homedir", self.home, "--batch", "--quiet", "--pinentry-mode", "loopback", *arguments)

    def close(self) -> None:
        """End the agent that gpg leaves running."""
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)


class Archive:
    """``dists/sid`` and a pool. ``publish`` signs what ``add`` has added so far."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.architecture = run("dpkg", "--print-architecture").strip()
        self.debs: list[Path] = []
        (root / "pool").mkdir(parents=True)

    @property
    def address(self) -> str:
        return f"file:{self.root}"

    def add(self, name: str, version: str, files: dict[str, str], depends: str = "") -> Path:
        """A package with these files (path → text; all may be run)."""
        build = self.root / "build" / f"{name}-{version}"
        for path, text in files.items():
            target = build / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            target.chmod(0o755)
        control = build / "DEBIAN" / "control"
        control.parent.mkdir(parents=True, mode=0o755)
        fields = _CONTROL.format(name=name, version=version, architecture=self.architecture, depends=depends)
        kept = [line for line in fields.splitlines() if line != "Depends: "]
        control.write_text("\n".join(kept) + "\n", encoding="utf-8")
        deb = self.root / "pool" / f"{name}_{version.replace(':', '%3a')}_{self.architecture}.deb"
        run("dpkg-deb", "--root-owner-group", "--build", build, deb)
        self.debs.append(deb)
        return deb

    def add_c_library(self) -> None:
        """The package every tree stands on."""
        self.add(
            "libc6",
            "2.42-1",
            {"usr/lib64/ld-linux-test.so.2": _LOADER, "usr/lib/test-linux-gnu/libc.so.6": ""},
        )

    def publish(self, key: Key) -> None:
        """Write the lists, and sign them."""
        suite = self.root / "dists" / "sid"
        lists = suite / "main" / f"binary-{self.architecture}"
        lists.mkdir(parents=True, exist_ok=True)
        packages = "\n".join(self._entry(deb) for deb in self.debs).encode()
        (lists / "Packages").write_bytes(packages)
        (lists / "Packages.gz").write_bytes(gzip.compress(packages))
        release = (
            "Origin: Test\nSuite: unstable\nCodename: sid\n"
            f"Date: {formatdate(usegmt=True)}\nArchitectures: {self.architecture}\nComponents: main\nSHA256:\n"
        )
        for path in (lists / "Packages", lists / "Packages.gz"):
            data = path.read_bytes()
            release += f" {hashlib.sha256(data).hexdigest()} {len(data)} {path.relative_to(suite)}\n"
        (suite / "Release").write_text(release, encoding="utf-8")
        (suite / "InRelease").unlink(missing_ok=True)
        key.gpg("--clearsign", "--output", str(suite / "InRelease"), str(suite / "Release"))

    def _entry(self, deb: Path) -> str:
        data = deb.read_bytes()
        return (
            run("dpkg-deb", "--field", deb)
            + f"Filename: {deb.relative_to(self.root)}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n"
        )
