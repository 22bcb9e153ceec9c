"""What is said of a recording: from the record, and from the file itself."""

from pathlib import Path

import msgspec
import pytest

from telephony.model.ids import CallId, Micros
from telephony.recordings.terms import State, Why
from telephony.records.record import PrivatePart, RecordingPause
from tests.integration.recordings.shelf import Shelf, path_of, shelf_at, told, wav
from tests.integration.records import conftest as databases
from tests.unit.telephony.records.samples import call_id

postgres = databases.postgres


async def test_a_recorded_call_is_linked_with_length_and_hash(shelf: Shelf) -> None:
    sha256 = shelf.put(path_of(1), wav(60_000))
    await shelf.tell(told(1, recorded_bytes=960_044))
    kept = await shelf.only()
    assert (kept.case.call_id, kept.case.path) == (call_id(1), path_of(1))
    assert (kept.fate.state, kept.fate.why) == (State.RECORDED, None)
    assert (kept.fate.length_ms, kept.fate.size, kept.fate.sha256) == (60_000, 960_044, sha256)
    assert shelf.standing == []


async def test_who_was_not_answered_has_no_recording(shelf: Shelf) -> None:
    await shelf.tell(told(1, answered_at=None, talk_ms=0, recorded_bytes=0), told(2, recording=None))
    assert await shelf.all() == []


async def test_telling_it_again_changes_nothing(shelf: Shelf) -> None:
    shelf.put(path_of(1), wav(60_000))
    await shelf.tell(told(1))
    before = await shelf.only()
    for _ in range(2):
        await shelf.tell(told(1))
        shelf.restart()
        await shelf.look()
    assert await shelf.only() == before


@pytest.mark.parametrize(
    ("changes", "data", "state", "why"),
    [
        pytest.param({"recorded_bytes": 0}, None, State.NOT_RECORDED, Why.NOT_WRITTEN, id="the PBX could not"),
        pytest.param({"recorded_bytes": 900}, None, State.NOT_RECORDED, Why.MISSING, id="it is gone"),
        pytest.param({}, None, State.NOT_RECORDED, Why.MISSING, id="nobody told"),
        pytest.param({}, wav(0), State.NOT_RECORDED, Why.EMPTY, id="empty"),
        pytest.param({}, b"", State.NOT_RECORDED, Why.EMPTY, id="not even a header"),
        pytest.param({"recorded_bytes": 0}, b"", State.NOT_RECORDED, Why.EMPTY, id="a full disk"),
        pytest.param({"talk_ms": 700}, wav(0), State.NOT_RECORDED, Why.EMPTY, id="a short talk"),
        pytest.param({"talk_ms": 100}, wav(0), State.RECORDED, None, id="a blink"),
        pytest.param({}, wav(58_600), State.INCOMPLETE, Why.CUT_SHORT, id="less than 99.5 % and a second"),
        pytest.param({}, wav(58_800), State.RECORDED, None, id="no less"),
        pytest.param({}, wav(60_000, finished=False), State.RECORDED, Why.UNFINISHED, id="the PBX died"),
    ],
)
async def test_what_a_file_says(
    shelf: Shelf, changes: dict[str, object], data: bytes | None, state: State, why: Why | None
) -> None:
    if data is not None:
        shelf.put(path_of(1), data)
    await shelf.tell(told(1, **changes))
    kept = await shelf.only()
    assert (kept.fate.state, kept.fate.why) == (state, why)
    assert shelf.standing == ([] if state is State.RECORDED else ["recording_failed"])


async def test_what_an_agent_s_key_cut_out_is_not_missed_and_a_command_s_silence_is(shelf: Shelf) -> None:
    for number, by, ms in ((1, "key", 40_000), (2, "command", 40_000), (3, "command", 60_000)):
        shelf.put(path_of(number), wav(ms))
        pause = RecordingPause(Micros(1_000_000), Micros(21_000_000), by)
        await shelf.tell(told(number, recording_pauses=(pause,)))
    states = [kept.fate.state for kept in await shelf.all()]
    assert states == [State.RECORDED, State.INCOMPLETE, State.RECORDED]


async def test_a_file_that_is_still_written_is_looked_at_again(shelf: Shelf) -> None:
    shelf.put(path_of(1), wav(1_000, finished=False), quiet_s=0)
    await shelf.tell(told(1))
    assert (await shelf.only()).fate.state is State.PENDING
    sha256 = shelf.put(path_of(1), wav(60_000), quiet_s=0)
    await shelf.look(1)
    assert (await shelf.only()).fate.state is State.PENDING, "it has its five seconds"
    await shelf.look(6)
    assert (await shelf.only()).fate.sha256 == sha256


async def test_the_alarm_is_over_with_the_next_recording(shelf: Shelf) -> None:
    await shelf.tell(told(1, recorded_bytes=0))
    assert shelf.standing == ["recording_failed"]
    assert call_id(1) in shelf.alarms.standing[0].detail
    shelf.put(path_of(2), wav(60_000))
    await shelf.tell(told(2))
    assert shelf.standing == []
    assert (await shelf.of(call_id(1))).fate.state is State.NOT_RECORDED


async def test_what_the_journal_adds_is_taken_in(shelf: Shelf) -> None:
    """The bridge was killed in mid-call: a record of what it saw, then the whole of it."""
    seen = told(1, talk_ms=10_000, recorded_bytes=None, estimated=("ended_at",))
    shelf.put(path_of(1), wav(20_000))
    await shelf.tell(seen)
    assert (await shelf.only()).fate.state is State.RECORDED
    await shelf.tell(told(1))
    assert (await shelf.only()).fate.state is State.INCOMPLETE


async def test_a_hash_once_taken_is_not_replaced(shelf: Shelf) -> None:
    sha256 = shelf.put(path_of(1), wav(60_000))
    await shelf.tell(told(1, talk_ms=50_000))
    shelf.put(path_of(1), wav(60_000, seed=7))
    await shelf.tell(told(1))
    fate = (await shelf.only()).fate
    assert (fate.state, fate.why, fate.sha256) == (State.RECORDED, Why.ALTERED, sha256)


async def test_a_folder_on_another_machine_is_no_failure(shelf: Shelf) -> None:
    shelf.root.rmdir()
    await shelf.tell(told(1, recorded_bytes=960_044), told(2, recorded_bytes=0))
    first, second = await shelf.all()
    assert (first.fate.state, first.case.told_bytes) == (State.ELSEWHERE, 960_044)
    assert (second.fate.state, second.fate.why) == (State.NOT_RECORDED, Why.NOT_WRITTEN), "the PBX says so itself"


async def test_a_folder_that_comes_back_is_looked_into(shelf: Shelf) -> None:
    shelf.root.rmdir()
    await shelf.tell(told(1))
    assert (await shelf.only()).fate.state is State.ELSEWHERE
    shelf.put(path_of(1), wav(60_000))
    await shelf.look()
    assert (await shelf.only()).fate.state is State.RECORDED


async def test_a_link_that_leads_out_is_not_followed(shelf: Shelf, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(wav(60_000))
    (shelf.root / "2026").mkdir()
    (shelf.root / "2026" / "a.wav").symlink_to(secret)
    (shelf.root / "out").symlink_to(tmp_path)
    for number, path in enumerate(
        ("2026/a.wav", "out/secret.wav", "../secret.wav", "2026/../../secret.wav", str(secret)), 1
    ):
        await shelf.tell(told(number, recording=path))
    assert {(kept.fate.state, kept.fate.why, kept.fate.sha256) for kept in await shelf.all()} == {
        (State.NOT_RECORDED, Why.UNFIT, None)
    }


async def test_a_joined_call_has_the_recordings_of_both(shelf: Shelf) -> None:
    shelf.put(path_of(1), wav(60_000))
    shelf.put(path_of(2), wav(5_000))
    await shelf.tell(told(2, talk_ms=5_000))
    await shelf.tell(told(1, aliases=(call_id(2),), other_recordings=(path_of(2),)))
    kept = await shelf.all()
    assert [(each.case.call_id, each.fate.state) for each in kept] == [(call_id(1), State.RECORDED)] * 2
    assert (await shelf.of(call_id(1))).case.path == path_of(1), "the one of most talk"


async def test_what_was_said_apart_is_kept_as_the_call_is(shelf: Shelf) -> None:
    shelf.put(path_of(1), wav(60_000))
    shelf.put(path_of(2), wav(5_000))
    apart = PrivatePart(Micros(1), Micros(2), ("1001", "8301"), path_of(2))
    await shelf.tell(told(1, private_parts=(apart, PrivatePart(Micros(3), Micros(4), ("1001", "8301")))))
    kept = await shelf.all()
    assert [(each.case.path, each.case.call_id, each.fate.state) for each in kept] == [
        (path, call_id(1), State.RECORDED) for path in (path_of(1), path_of(2))
    ]
    assert (await shelf.of(call_id(1))).case.path == path_of(1)


async def test_calls_of_another_pbx_are_another_bridge_s(shelf: Shelf) -> None:
    await shelf.tell(msgspec.structs.replace(told(1), pbx="pbx2"))
    assert await shelf.all() == []


async def test_the_disk_that_fills_is_told_before_it_is_full(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.recordings.keeper.LOW_SHARE", 1.1)
    await shelf.look()
    assert shelf.standing == ["recording_disk_low"]
    monkeypatch.setattr("telephony.recordings.keeper.LOW_SHARE", 0.0)
    await shelf.look()
    assert shelf.standing == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_story(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'zhitong.db'}"
    if kind == "postgresql":
        url = databases._new_postgres_database(request.getfixturevalue("postgres"))
    async with shelf_at(url, tmp_path / "monitor") as shelf:
        shelf.put(path_of(1), wav(60_000))
        await shelf.tell(told(1), told(2, recorded_bytes=0))
        await shelf.tell(told(1, talk_ms=59_999))
        assert [kept.fate.state for kept in await shelf.all()] == [State.RECORDED, State.NOT_RECORDED]
        await shelf.recordings.hold(call_id(1), "诉讼", "li")
        assert await shelf.recordings.held() == {call_id(1)}
        claimed = await shelf.recordings.claim(await shelf.all(), 1)
        assert [kept.case.path for kept in claimed] == [path_of(2)]
        await shelf.recordings.deleted(claimed)
        assert (await shelf.of(call_id(2))).fate.state is State.DELETED
        assert await shelf.recordings.release(call_id(1), "结案", "li") == 1
        assert await shelf.recordings.of_calls([CallId("nobody")]) == {}
