"""The private apt, against an apt that answers from a script: what it is asked, and what its answers become."""

import os
from pathlib import Path

import pytest

from telephony.errors import LabError
from zhitong.lab.apt import Package, PrivateApt, Source, host_source

TARGETS = (
    "Debian\tbookworm-security\thttp://mirror.test/debian-security/\n"
    "Google\tcloud\thttp://other.test/apt/\n"
    "Debian\tbookworm\thttp://mirror.test/debian/\n"
)
SIMULATION = """\
NOTE: This is only a simulation!
Inst libc6 (2.42-1 Debian:unstable [amd64])
Inst perl-base [5.36] (5.42.0-1 Debian:unstable [amd64])
Inst asterisk (1:22.10.1+dfsg-1 Debian:unstable [amd64])
Conf libc6 (2.42-1 Debian:unstable [amd64])
"""


class FakeApt:
    """Programs named as apt's in a directory of their own; what they are told is kept."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.calls_file = directory / "calls"
        directory.mkdir()
        self.program("dpkg-deb", "")
        self.program("dpkg", "echo amd64")
        self.program("apt-config", "")
        self.program("apt-get", "")

    def program(self, name: str, body: str) -> None:
        path = self.directory / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.calls_file}\n{body}\n', encoding="utf-8")
        path.chmod(0o755)

    def calls(self) -> list[str]:
        return self.calls_file.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeApt:
    apt = FakeApt(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{apt.directory}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return apt


@pytest.fixture
def keyring(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "debian.gpg"
    path.touch()
    return {"ZHITONG_APT_KEYRING": str(path)}


def private(root: Path) -> PrivateApt:
    apt = PrivateApt(root, Source("http://mirror.test/debian/", "sid", Path("/keys/debian.gpg")))
    apt.prepare()
    return apt


class TestHost:
    def test_the_mirror_is_the_host_s_own_and_never_the_security_one(
        self, fake: FakeApt, keyring: dict[str, str], tmp_path: Path
    ) -> None:
        fake.program("apt-get", f"printf '{TARGETS}'")
        assert host_source(tmp_path, "sid", keyring).mirror == "http://mirror.test/debian/"

    def test_lists_that_were_never_fetched_are_fetched_aside(
        self, fake: FakeApt, keyring: dict[str, str], tmp_path: Path
    ) -> None:
        # Nothing is known until an update into our own directory has run.
        fake.program(
            "apt-get",
            f'case "$*" in *update*) touch {tmp_path}/updated;; '
            f"*indextargets*) [ -e {tmp_path}/updated ] && printf '{TARGETS}';; esac",
        )
        assert host_source(tmp_path / "scratch", "sid", keyring).mirror == "http://mirror.test/debian/"
        update = next(call for call in fake.calls() if "update" in call)
        assert f"Dir::State::lists={tmp_path / 'scratch' / 'lists'}" in update

    def test_a_host_without_a_debian_mirror_is_told_what_to_do(
        self, fake: FakeApt, keyring: dict[str, str], tmp_path: Path
    ) -> None:
        fake.program("apt-get", "printf 'Ubuntu\\tnoble\\thttp://mirror.test/ubuntu/\\n'")
        with pytest.raises(LabError, match="ZHITONG_APT_MIRROR"):
            host_source(tmp_path, "sid", keyring)

    def test_the_person_may_name_the_mirror(self, fake: FakeApt, keyring: dict[str, str], tmp_path: Path) -> None:
        source = host_source(tmp_path, "sid", {**keyring, "ZHITONG_APT_MIRROR": "http://mine.test/debian"})
        assert (source.mirror, source.suite) == ("http://mine.test/debian", "sid")
        assert not fake.calls_file.exists()

    @pytest.mark.usefixtures("fake")
    def test_without_a_keyring_nothing_is_fetched(self, tmp_path: Path) -> None:
        with pytest.raises(LabError, match="debian-archive-keyring"):
            host_source(tmp_path, "sid", {"ZHITONG_APT_KEYRING": str(tmp_path / "none.gpg")})

    def test_a_machine_without_apt_is_told_how_to_point_at_an_asterisk(
        self, tmp_path: Path, keyring: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "empty").mkdir()
        monkeypatch.setenv("PATH", str(tmp_path / "empty"))
        with pytest.raises(LabError, match=r"ZHITONG_ASTERISK=.*ZHITONG_SIPP="):
            host_source(tmp_path, "sid", keyring)


class TestPrivateApt:
    def test_its_one_source_is_signed(self, fake: FakeApt, tmp_path: Path) -> None:
        private(tmp_path / "apt")
        (line,) = (tmp_path / "apt/etc/sources.list").read_text(encoding="utf-8").splitlines()
        assert line == "deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.test/debian/ sid main"
        assert fake.calls()

    def test_it_takes_over_the_host_s_way_to_the_mirror_but_not_its_laxness(
        self, fake: FakeApt, tmp_path: Path
    ) -> None:
        fake.program(
            "apt-config",
            "cat <<'X'\n"
            'Acquire::http::Proxy "http://proxy.test:3142";\n'
            'Acquire::Check-Valid-Until "false";\n'
            'Acquire::AllowInsecureRepositories "1";\n'
            'APT::Get::AllowUnauthenticated "1";\n'
            'DPkg::Post-Invoke:: "rm -rf something";\n'
            "X",
        )
        private(tmp_path / "apt")
        conf = (tmp_path / "apt/apt.conf").read_text(encoding="utf-8")
        assert "proxy.test" in conf
        assert "Check-Valid-Until" in conf
        assert not [word for word in ("Insecure", "Unauthenticated", "Invoke") if word in conf]

    @pytest.mark.parametrize("said", ["NO_PUBKEY 6ED0E7B82643E131", "EXPKEYSIG 6ED0E7B82643E131", "is not signed"])
    def test_a_suite_nobody_vouches_for_is_refused_with_the_remedy(
        self, fake: FakeApt, tmp_path: Path, said: str
    ) -> None:
        apt = private(tmp_path / "apt")
        # apt itself only warns about some of these, and exits with 0.
        fake.program("apt-get", f"echo 'W: GPG error: {said}' >&2")
        with pytest.raises(LabError, match="do not vouch"):
            apt.update()

    @pytest.mark.parametrize("said", ["W: Failed to fetch http://mirror.test", "E: no space left on device"])
    def test_an_update_that_failed_is_told_in_apt_s_words(self, fake: FakeApt, tmp_path: Path, said: str) -> None:
        apt = private(tmp_path / "apt")
        fake.program("apt-get", f"echo '{said}' >&2")
        with pytest.raises(LabError, match=said[3:]):
            apt.update()

    def test_the_closure_leaves_out_what_is_not_needed_by_saying_it_is_there(
        self, fake: FakeApt, tmp_path: Path
    ) -> None:
        apt = private(tmp_path / "apt")
        status = tmp_path / "apt/state/status"
        fake.program("apt-get", f"cp {status} {tmp_path}/status.seen\ncat <<'X'\n{SIMULATION}X")
        assert apt.closure(["asterisk"], ["perl", "libperl"]) == (
            Package("asterisk", "1:22.10.1+dfsg-1"),
            Package("libc6", "2.42-1"),
            Package("perl-base", "5.42.0-1"),
        )
        stanzas = (tmp_path / "status.seen").read_text(encoding="utf-8")
        assert stanzas.count("Package: ") == 1
        assert "Package: perl-base\nStatus: install ok installed\n" in stanzas

    def test_an_older_closure_s_archives_are_not_taken(self, fake: FakeApt, tmp_path: Path) -> None:
        apt = private(tmp_path / "apt")
        archives = tmp_path / "apt/cache/archives"
        for name in ("asterisk_1%3a22.9.0-1_amd64.deb", "asterisk_1%3a22.10.1-1_amd64.deb"):
            (archives / name).touch()
        seen: list[float] = []
        fake.program("apt-get", "echo dlstatus:1:50.0:Retrieving; echo dlstatus:2:100.0:Retrieving")
        found = apt.download(["asterisk"], [Package("asterisk", "1:22.10.1-1")], lambda _what, done: seen.append(done))
        assert [path.name for path in found] == ["asterisk_1%3a22.10.1-1_amd64.deb"]
        assert seen == [0.5, 1.0]

    def test_an_archive_that_did_not_come_is_an_error(self, fake: FakeApt, tmp_path: Path) -> None:
        apt = private(tmp_path / "apt")
        fake.program("apt-get", "echo 'E: Hash Sum mismatch'")
        with pytest.raises(LabError, match="Hash Sum mismatch"):
            apt.download(["asterisk"], [Package("asterisk", "1")], lambda _what, _done: None)
