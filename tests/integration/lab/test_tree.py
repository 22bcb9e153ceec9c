"""Fetching a tree with real apt from a small archive of our own: verified, cached, atomic, one at a time."""

import fcntl
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.errors import LabError
from tests.integration.lab.archive import Archive, Key
from zhitong.lab.tree import PackageSet, Tree, fetch

pytestmark = pytest.mark.skipif(
    any(shutil.which(program) is None for program in ("apt-get", "dpkg-deb", "gpg")), reason="needs apt, dpkg and gpg"
)

TELEPHONE = PackageSet(
    name="telephone",
    wanted=("telephone",),
    unneeded=("lib(?:ornament|perl)",),
    links={"usr/share/telephone/current": "v1"},
    programs=("usr/bin/telephone",),
)
PROGRAM = "#!/bin/sh\n# libbell.so.1\necho ring\n"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Key]:
    key = Key(tmp_path_factory.mktemp("key") / "gnupg")
    yield key
    key.close()


@pytest.fixture
def archive(tmp_path: Path, key: Key, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """telephone → libbell, and ornaments that nobody needs, which alone need libdust."""
    archive = Archive(tmp_path / "archive")
    archive.add_c_library()
    archive.add("libbell", "1.0", {"usr/lib/test-linux-gnu/libbell.so.1": "bell", "usr/share/doc/libbell/README": "x"})
    archive.add("libdust", "1.0", {"usr/share/dust": "dust"})
    archive.add("libornament", "1.0", {"usr/share/ornament": "gold"}, depends="libdust")
    files = {"usr/bin/telephone": PROGRAM, "usr/share/telephone/v1": "one", "etc/telephone.conf": "x"}
    archive.add("telephone", "1:1.0-1", files, depends="libc6, libbell, libornament")
    archive.publish(key)
    monkeypatch.setenv("ZHITONG_APT_MIRROR", archive.address)
    monkeypatch.setenv("ZHITONG_APT_KEYRING", str(key.keyring))
    return archive


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def names(tree: Tree) -> set[str]:
    return {str(path.relative_to(tree.root)) for path in tree.root.rglob("*") if not path.is_dir()}


@pytest.mark.usefixtures("archive")
def test_what_is_wanted_is_there_and_what_is_not_needed_is_not(cache: Path) -> None:
    told: list[tuple[str, float]] = []
    tree = fetch(TELEPHONE, lambda what, done: told.append((what, done)), cache=cache)
    assert names(tree) == {
        "usr/bin/telephone",
        "usr/lib/test-linux-gnu/libbell.so.1",
        "usr/lib/test-linux-gnu/libc.so.6",
        "usr/lib64/ld-linux-test.so.2",
        "usr/share/telephone/current",
        "usr/share/telephone/v1",
    }
    assert (tree.root / "usr/share/telephone/current").read_text(encoding="utf-8") == "one"
    assert tree.command("usr/bin/telephone")[-1] == str(tree.root / "usr/bin/telephone")
    assert told[-1] == ("ready", 1.0)
    assert all(0 <= done <= 1 for _, done in told)
    # Nothing is left but the tree, its pointer and the lock.
    assert {path.name for path in (cache / "trees").iterdir()} == {tree.root.name, "telephone.json", ".lock"}


def test_a_second_call_needs_no_archive_and_a_refresh_finds_the_newer(archive: Archive, cache: Path, key: Key) -> None:
    first = fetch(TELEPHONE, cache=cache)
    archive.add(
        "telephone", "1:1.1-1", {"usr/bin/telephone": PROGRAM, "usr/share/telephone/v1": "newer"}, "libbell, libc6"
    )
    archive.publish(key)
    assert fetch(TELEPHONE, cache=cache) == first
    second = fetch(TELEPHONE, cache=cache, refresh=True)
    assert second.root != first.root
    assert (second.root / "usr/share/telephone/v1").read_text(encoding="utf-8") == "newer"
    # The old tree stays as it was: somebody may be running from it.
    assert (first.root / "usr/share/telephone/v1").read_text(encoding="utf-8") == "one"
    shutil.rmtree(archive.root)
    assert fetch(TELEPHONE, cache=cache) == second


@pytest.mark.usefixtures("archive")
def test_the_same_packages_give_the_same_tree(cache: Path, tmp_path: Path) -> None:
    assert fetch(TELEPHONE, cache=cache).root.name == fetch(TELEPHONE, cache=tmp_path / "elsewhere").root.name


@pytest.mark.usefixtures("archive")
def test_another_definition_of_the_set_is_another_tree(cache: Path) -> None:
    first = fetch(TELEPHONE, cache=cache)
    changed = PackageSet(name="telephone", wanted=("telephone",), programs=("usr/bin/telephone",))
    second = fetch(changed, cache=cache)
    assert second.root != first.root
    assert "usr/share/dust" in names(second)


class TestTrust:
    def test_an_archive_signed_by_nobody_we_know_is_refused(
        self, archive: Archive, cache: Path, tmp_path: Path
    ) -> None:
        stranger = Key(tmp_path / "stranger")
        try:
            archive.publish(stranger)
            with pytest.raises(LabError, match="do not vouch"):
                fetch(TELEPHONE, cache=cache)
        finally:
            stranger.close()
        assert not list((cache / "trees").glob("telephone*"))

    def test_an_archive_that_is_not_signed_is_refused(self, archive: Archive, cache: Path) -> None:
        (archive.root / "dists/sid/InRelease").unlink()
        with pytest.raises(LabError, match=r"do not vouch|could not fetch"):
            fetch(TELEPHONE, cache=cache)

    def test_a_list_changed_after_it_was_signed_is_refused(self, archive: Archive, cache: Path) -> None:
        for path in (archive.root / "dists/sid/main").rglob("Packages*"):
            path.write_bytes(path.read_bytes()[:-1] + b"x")
        with pytest.raises(LabError, match="could not fetch"):
            fetch(TELEPHONE, cache=cache)

    def test_a_package_changed_after_the_list_was_made_is_refused(self, archive: Archive, cache: Path) -> None:
        deb = archive.root / "pool" / f"libbell_1.0_{archive.architecture}.deb"
        data = bytearray(deb.read_bytes())
        data[-1] ^= 1
        deb.write_bytes(data)
        with pytest.raises(LabError, match="could not download"):
            fetch(TELEPHONE, cache=cache)
        assert not list((cache / "trees").glob("telephone*"))


def test_a_library_that_is_left_out_but_needed_is_named(archive: Archive, cache: Path, key: Key) -> None:
    needy = PROGRAM.replace("libbell.so.1", "libbell.so.1 libornament.so.7")
    archive.add("telephone", "1:2.0-1", {"usr/bin/telephone": needy, "usr/share/telephone/v1": ""}, "libc6, libbell")
    archive.publish(key)
    with pytest.raises(LabError, match=r"libornament\.so\.7.*unneeded"):
        fetch(TELEPHONE, cache=cache)


@pytest.mark.usefixtures("archive")
def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a directory", encoding="utf-8")
    with pytest.raises(LabError, match="cannot make a tree"):
        fetch(TELEPHONE, cache=tmp_path / "cache")


FETCH = """
import sys
from pathlib import Path
from tests.integration.lab.test_tree import TELEPHONE
from zhitong.lab.tree import fetch
print(fetch(TELEPHONE, lambda what, _done: print(what, flush=True), cache=Path(sys.argv[1])).root)
"""


def fetching(cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", FETCH, str(cache)], stdout=subprocess.PIPE, text=True)


@pytest.mark.usefixtures("archive")
def test_processes_that_fetch_at_once_build_once(cache: Path) -> None:
    (cache / "trees").mkdir(parents=True)
    with (cache / "trees" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        processes = [fetching(cache) for _ in range(3)]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "waiting for another process that is fetching\n"
    told = [process.communicate(timeout=60)[0].splitlines() for process in processes]
    assert len({lines[-1] for lines in told}) == 1
    assert sum("unpacking" in lines for lines in told) == 1


@pytest.mark.usefixtures("archive")
def test_a_build_that_was_killed_is_thrown_away_and_done_anew(cache: Path) -> None:
    trees = cache / "trees"
    process = fetching(cache)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(("downloading", "unpacking")):
            process.kill()
            break
    process.communicate()
    # As if it had come further: half a tree under a name of its own, and a pointer that was never finished.
    half = trees / ".build-1" / "usr"
    half.mkdir(parents=True)
    (trees / ".telephone.json.new").write_text('{"defi', encoding="utf-8")
    tree = fetch(TELEPHONE, cache=cache)
    assert "usr/bin/telephone" in names(tree)
    assert not half.exists()


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("damage", ["", "{", '{"definition": 1}', '{"definition":"x","tree":"y","packages":[]}'])
def test_a_pointer_that_makes_no_sense_is_made_anew(cache: Path, damage: str) -> None:
    tree = fetch(TELEPHONE, cache=cache)
    pointer = cache / "trees" / "telephone.json"
    whole = pointer.read_text(encoding="utf-8")
    pointer.write_text(damage, encoding="utf-8")
    before = time.time_ns()
    assert fetch(TELEPHONE, cache=cache) == tree
    assert pointer.read_text(encoding="utf-8") == whole
    # The tree itself was found whole and not unpacked again.
    assert (tree.root / "usr/bin/telephone").stat().st_ctime_ns < before
