"""Which file to go on with, from facts alone."""

import pytest

from telephony.journal.places import HEAD, Cursor, FileFacts, after, file_id, fingerprint, first_of, locate

LONG = b"first line\n" + b"x" * HEAD
OTHER = b"other line\n" + b"y" * HEAD


def facts(name: str, inode: int, changed: int, head: bytes = LONG, size: int | None = 5_000) -> FileFacts:
    return FileFacts(name, inode, size, changed, head[:HEAD])


def cursor(inode: int = 7, offset: int = 1_000, head: bytes = LONG) -> Cursor:
    return Cursor(inode, offset, fingerprint(head, offset), 100)


def test_the_fingerprint_covers_what_was_read() -> None:
    assert fingerprint(LONG, 4) == fingerprint(b"firs", 4) == fingerprint(b"first other", 4)
    assert fingerprint(LONG, 1_000) == fingerprint(LONG + b"more", 2_000)
    assert fingerprint(LONG, 20) != fingerprint(OTHER, 20)


def test_a_file_bears_its_id_from_its_first_line_on() -> None:
    assert file_id(b"first line\n") == file_id(LONG)
    assert file_id(LONG) != file_id(OTHER)


def test_the_same_file_under_another_name() -> None:
    files = [facts("log", 8, 200, OTHER), facts("log.1", 7, 100)]
    assert locate(cursor(), files) == files[1]


def test_an_inode_used_again_is_another_file() -> None:
    assert locate(cursor(), [facts("log", 7, 200, OTHER)]) is None


def test_a_file_that_became_shorter_is_another() -> None:
    assert locate(cursor(), [facts("log", 7, 200, size=999)]) is None
    assert locate(cursor(), [facts("log", 7, 200, size=1_000)]) is not None


def test_a_compressed_file_is_found_by_its_beginning() -> None:
    files = [facts("log", 8, 200, OTHER), facts("log.2.gz", 9, 100, size=None)]
    assert locate(cursor(), files) == files[1]


def test_our_own_file_is_taken_before_its_copy() -> None:
    files = [facts("log.bak", 9, 300), facts("log.1", 7, 100)]
    assert locate(cursor(), files) == files[1]


def test_a_few_bytes_do_not_tell_a_copy() -> None:
    place = cursor(offset=10)
    assert locate(place, [facts("log.2.gz", 9, 100, size=None)]) is None
    assert locate(place, [facts("log.1", 7, 100)]) is not None


def test_the_next_file_is_the_oldest_of_the_newer() -> None:
    ours = facts("log.3", 1, 100)
    older, next_one, last = (
        facts("log.4", 2, 50, b"a\n"),
        facts("log.2", 3, 200, b"b\n"),
        facts("log", 4, 300, b"c\n"),
    )
    assert after(ours, [last, next_one, older, ours], ()) == next_one
    assert after(next_one, [last, next_one, older, ours], ()) == last
    assert after(last, [last, next_one, older, ours], ()) is None


def test_the_next_file_must_have_begun() -> None:
    ours = facts("log.1", 1, 100)
    assert after(ours, [facts("log", 2, 200, b"")], ()) is None
    assert after(ours, [facts("log", 2, 200, b"half a li")], ()) is None
    assert after(ours, [facts("log", 2, 200, b"a whole line\n")], ()) is not None


def test_copies_are_not_read_again() -> None:
    ours = facts("log.1", 1, 100)
    assert after(ours, [facts("log.1.bak", 2, 500)], ()) is None
    read_before = facts("log.2.bak", 3, 500, OTHER)
    assert after(ours, [read_before], (file_id(OTHER),)) is None
    assert after(ours, [read_before], ()) == read_before


@pytest.mark.parametrize(("since", "expected"), [(0, "log.2"), (50, "log.1"), (100, "log"), (300, None)])
def test_where_to_begin(since: int, expected: str | None) -> None:
    files = [
        facts("log", 1, 300, b"a\n"),
        facts("log.1", 2, 100, b"b\n"),
        facts("log.2", 3, 50, b"c\n"),
        facts("log.3", 4, 20, b""),
    ]
    found = first_of(files, since)
    assert (None if found is None else found.name) == expected
