"""What is due goes, with a certificate; what is held stays; a kill at any moment leaves nothing unsaid."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from telephony.errors import RecordingError
from telephony.model.ids import Micros
from telephony.recordings.certificates import Certificates
from telephony.recordings.files import Folder
from telephony.recordings.retention import Order, Outcome, Retention
from telephony.recordings.store import Recordings
from telephony.recordings.terms import State
from tests.integration.recordings.shelf import DAY, Shelf, path_of, told, wav
from tests.unit.telephony.records.samples import PBX, call_id

ORDER = Order(site="某市12345", pbx=PBX, keep_days=30, by="li")
NOON = datetime(2026, 12, 31, 12, tzinfo=UTC)


class Killed(BaseException):
    """As a kill: nobody handles it."""


class Run:
    def __init__(self, shelf: Shelf, folder: Path) -> None:
        self.shelf = shelf
        self.certificates = Certificates(folder)
        self.folder = Folder(shelf.root)

    async def __call__(self, *, dry: bool = False) -> Outcome:
        retention = Retention(self.shelf.recordings, self.folder, self.certificates, lambda: NOON)
        return await retention.run(ORDER, dry=dry)

    def certificate(self, number: int) -> Any:
        return json.loads(self.certificates.path(number).read_text(encoding="utf-8"))

    def files(self) -> list[str]:
        return sorted(self.folder.names())

    async def states(self) -> list[State]:
        return [kept.fate.state for kept in await self.shelf.all()]


@pytest.fixture
async def run(shelf: Shelf, tmp_path: Path) -> Run:
    """Three recorded calls, an hour after which the clock stands; the third is a day younger."""
    for number in (1, 2):
        shelf.put(path_of(number), wav(60_000, seed=number))
    shelf.put(path_of(3), wav(60_000, seed=3))
    later = told(3)
    await shelf.tell(told(1), told(2))
    await shelf.tell(told(3, ended_at=Micros(later.ended_at + DAY)))
    shelf.now = Micros(told(2).ended_at + 30 * DAY)
    return Run(shelf, tmp_path / "certificates")


async def test_what_is_due_is_deleted_and_certified(run: Run, shelf: Shelf) -> None:
    hashes = [kept.fate.sha256 for kept in await shelf.all()]
    outcome = await run()
    assert [kept.case.call_id for kept in outcome.deleted] == [call_id(1), call_id(2)]
    assert run.files() == [path_of(3)]
    assert await run.states() == [State.DELETED, State.DELETED, State.RECORDED]
    told_of = run.certificate(1)
    assert (told_of["by"], told_of["site"], told_of["keep_days"], told_of["at"]) == (
        *("li", "某市12345", 30),
        "2026-12-31T12:00:00+00:00",
    )
    assert [(each["path"], each["sha256"], each["sha256_then"], each["length_ms"]) for each in told_of["deleted"]] == [
        (path_of(1), hashes[0], hashes[0], 60_000),
        (path_of(2), hashes[1], hashes[1], 60_000),
    ]
    assert {kept.certificate for kept in await shelf.all()} == {1, None}
    assert run.certificates.path(1).stat().st_mode & 0o777 == 0o400


async def test_not_a_moment_before_its_time(run: Run, shelf: Shelf) -> None:
    shelf.now = Micros(shelf.now - 1)
    assert [kept.case.call_id for kept in (await run()).deleted] == [call_id(1)]


async def test_a_dry_run_deletes_nothing_and_says_what(run: Run) -> None:
    outcome = await run(dry=True)
    assert [kept.case.path for kept in outcome.deleted] == [path_of(1), path_of(2)]
    assert len(run.files()) == 3
    assert not run.certificates.folder.exists()
    assert await run.states() == [State.RECORDED] * 3


async def test_what_is_held_stays_until_it_is_released(run: Run, shelf: Shelf) -> None:
    await shelf.recordings.hold(call_id(1), "诉讼 2026-17", "wang")
    outcome = await run()
    assert [kept.case.call_id for kept in outcome.held] == [call_id(1)]
    assert path_of(1) in run.files()
    await shelf.recordings.release(call_id(1), "结案", "wang")
    assert [kept.case.call_id for kept in (await run()).deleted] == [call_id(1)]
    (hold,) = await shelf.recordings.holds(released=True)
    assert (hold.reason, hold.said_by, hold.released_because) == ("诉讼 2026-17", "wang", "结案")


async def test_a_hold_on_an_alias_holds_the_call(run: Run, shelf: Shelf) -> None:
    await shelf.recordings.hold(call_id(9), "诉讼", "wang")
    await shelf.tell(told(1, aliases=(call_id(9),)))
    assert [kept.case.call_id for kept in (await run()).held] == [call_id(1)]
    assert await shelf.recordings.release(call_id(1), "结案", "wang") == 1


async def test_holds_need_reasons(shelf: Shelf) -> None:
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(RecordingError, match="reason"):
            await shelf.recordings.hold(call_id(1), reason, "wang")
    with pytest.raises(RecordingError, match="under no hold"):
        await shelf.recordings.release(call_id(1), "x", "wang")


async def test_certificates_are_a_chain(run: Run, shelf: Shelf) -> None:
    await run()
    shelf.now = Micros(shelf.now + DAY + 1_000_000)
    await run()
    assert await run.states() == [State.DELETED] * 3
    assert run.certificates.check() == []
    first = run.certificates.path(1)
    text = first.read_text(encoding="utf-8")
    first.chmod(0o600)
    first.write_text(text.replace("li", "ma"), encoding="utf-8")
    assert "does not follow" in " ".join(run.certificates.check())
    first.write_text(text, encoding="utf-8")
    assert run.certificates.check() == []
    first.unlink()
    assert "is missing" in " ".join(run.certificates.check())


async def test_a_certificate_is_never_written_over(run: Run) -> None:
    await run()
    with pytest.raises(FileExistsError):
        run.certificates.write(run.certificates.read(1))


async def test_a_second_run_has_nothing_to_do(run: Run) -> None:
    await run()
    assert await run() == Outcome()
    assert run.certificates.numbers() == [1]


async def test_two_runs_at_once_are_refused(run: Run) -> None:
    with run.certificates.alone(), pytest.raises(RecordingError, match="under way"):
        await run()


async def test_where_the_folder_is_elsewhere_it_says_so(run: Run, shelf: Shelf) -> None:
    shelf.root.rename(shelf.root.with_name("away"))
    with pytest.raises(RecordingError, match="not on this machine"):
        await run()


async def test_what_was_altered_or_is_gone_is_said(run: Run, shelf: Shelf) -> None:
    (shelf.root / path_of(1)).unlink()
    other = shelf.put(path_of(2), wav(60_000, seed=99))
    await run()
    assert [each["sha256_then"] for each in run.certificate(1)["deleted"]] == [None, other]
    assert await run.states() == [State.DELETED, State.DELETED, State.RECORDED]


async def test_a_call_that_never_had_a_file_needs_no_certificate(run: Run, shelf: Shelf) -> None:
    await shelf.tell(told(4, recorded_bytes=0, recording=path_of(4), ended_at=told(1).ended_at))
    await run()
    assert path_of(4) not in [each["path"] for each in run.certificate(1)["deleted"]]


async def test_a_link_put_in_place_of_a_recording_is_not_followed(run: Run, shelf: Shelf, tmp_path: Path) -> None:
    precious = tmp_path / "precious.wav"
    precious.write_bytes(wav(60_000))
    (shelf.root / path_of(1)).unlink()
    (shelf.root / path_of(1)).symlink_to(precious)
    day = (shelf.root / path_of(2)).parent
    outcome = await run()
    assert list(outcome.left) == [path_of(1)]
    assert precious.exists()
    assert [each["path"] for each in run.certificate(1)["deleted"]] == [path_of(2)]
    assert day.is_dir()


async def test_a_folder_swapped_for_a_link_leads_nowhere(run: Run, shelf: Shelf, tmp_path: Path) -> None:
    """Whoever may write there could point a day's folder at another place that has files of the same names."""
    day = (shelf.root / path_of(1)).parent
    elsewhere = tmp_path / "elsewhere"
    day.rename(elsewhere)
    day.symlink_to(elsewhere)
    outcome = await run()
    assert sorted(outcome.left) == [path_of(1), path_of(2)]
    assert len(list(elsewhere.iterdir())) == 3


async def test_what_cannot_be_deleted_after_all_is_taken_back(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Folder.delete

    def refuses(self: Folder, name: str) -> bool:
        if name == path_of(1):
            raise PermissionError(1, "Operation not permitted")
        return real(self, name)

    monkeypatch.setattr(Folder, "delete", refuses)
    outcome = await run()
    assert list(outcome.left) == [path_of(1)]
    assert [kept.case.path for kept in outcome.deleted] == [path_of(2)]
    assert list(run.certificate(2)["not_deleted"]) == [path_of(1)]
    assert run.certificates.check() == []
    monkeypatch.setattr(Folder, "delete", real)
    await run.shelf.look()
    assert [kept.case.path for kept in (await run()).deleted] == [path_of(1)]


def _before_the_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    _kill(monkeypatch, Certificates, "write", after=False)


def _after_the_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    _kill(monkeypatch, Certificates, "write", after=True)


def _after_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    _kill(monkeypatch, Folder, "delete", after=True)


def _before_it_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def dies(self: Recordings, gone: object) -> None:
        raise Killed

    monkeypatch.setattr(Recordings, "deleted", dies)


def _kill(monkeypatch: pytest.MonkeyPatch, kind: type, name: str, *, after: bool) -> None:
    real = getattr(kind, name)

    def dies(*arguments: object) -> None:
        if after:
            real(*arguments)
        raise Killed

    monkeypatch.setattr(kind, name, dies)


@pytest.mark.parametrize("kill", [_before_the_certificate, _after_the_certificate, _after_a_file, _before_it_is_noted])
async def test_a_kill_leaves_no_deletion_unsaid(
    run: Run, monkeypatch: pytest.MonkeyPatch, kill: Callable[[pytest.MonkeyPatch], None]
) -> None:
    with monkeypatch.context() as dying:
        kill(dying)
        with pytest.raises(Killed):
            await run()
    gone = {path_of(1), path_of(2)} - set(run.files())
    said = {each["path"] for number in run.certificates.numbers() for each in run.certificate(number)["deleted"]}
    assert gone <= said
    await run.shelf.look()
    await run()
    assert run.files() == [path_of(3)]
    assert await run.states() == [State.DELETED, State.DELETED, State.RECORDED]
    named = [each["path"] for number in run.certificates.numbers() for each in run.certificate(number)["deleted"]]
    assert sorted(named) == [path_of(1), path_of(2)], "each once"
    assert run.certificates.check() == []


async def test_what_is_being_deleted_cannot_be_held_any_more(run: Run, shelf: Shelf) -> None:
    await shelf.recordings.claim(await shelf.all(), 1)
    with pytest.raises(RecordingError, match="being deleted"):
        await shelf.recordings.hold(call_id(1), "诉讼", "wang")


async def test_a_hold_laid_at_the_last_moment_counts(run: Run, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the run has chosen, before it marks."""
    real = Recordings.claim

    async def late(self: Recordings, *arguments: Any) -> Any:
        await shelf.recordings.hold(call_id(1), "诉讼", "wang")
        return await real(self, *arguments)

    monkeypatch.setattr(Recordings, "claim", late)
    assert [kept.case.call_id for kept in (await run()).deleted] == [call_id(2)]
    assert path_of(1) in run.files()
    assert [each["path"] for each in run.certificate(1)["deleted"]] == [path_of(2)]
