"""Faults of real SQLite, and of drivers, as the words a person gets."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from telephony.database.faults import StoreUnavailable, faults_of, store_error
from telephony.errors import StoreError, ZhitongError


def fault_of(path: Path | str, *statements: str) -> StoreError:
    with pytest.raises(StoreError) as caught, faults_of("z.db"):
        connection = sqlite3.connect(path, timeout=0.01, isolation_level=None)
        try:
            for statement in statements:
                connection.execute(statement)
        finally:
            connection.close()
    return caught.value


def test_a_locked_database(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "z.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    fault = fault_of(tmp_path / "z.db", "BEGIN IMMEDIATE")
    holder.close()
    assert isinstance(fault, StoreUnavailable)
    assert "locked" in str(fault)
    assert "End the program that holds it" in str(fault)


def test_a_full_disk() -> None:
    fault = fault_of(":memory:", "PRAGMA max_page_count = 2", "CREATE TABLE a (x)", "CREATE TABLE b (x)")
    assert isinstance(fault, StoreUnavailable)
    assert "disk is full" in str(fault)
    assert "SQLITE_FULL" in str(fault)


def test_a_database_that_may_not_be_written(tmp_path: Path) -> None:
    fault = fault_of(tmp_path / "z.db", "PRAGMA query_only = ON", "CREATE TABLE a (x)")
    assert isinstance(fault, StoreUnavailable)
    assert "permission on the file and on its folder" in str(fault)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    fault = fault_of(tmp_path / "no" / "z.db", "CREATE TABLE a (x)")
    assert isinstance(fault, StoreUnavailable)
    assert "Check that its folder exists" in str(fault)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "z.db").write_bytes(b"number,name,queues\n" * 100)
    fault = fault_of(tmp_path / "z.db", "SELECT * FROM sqlite_master")
    assert "not an SQLite database" in str(fault)


def test_a_damaged_file_is_kept_waiting_for_and_not_taken_for_a_bad_record(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "z.db") as connection:
        connection.execute("CREATE TABLE a (x)")
        connection.executemany("INSERT INTO a VALUES (?)", [("x" * 500,)] * 200)
    connection.close()
    raw = bytearray((tmp_path / "z.db").read_bytes())
    raw[4096:] = b"\xa5" * (len(raw) - 4096)
    (tmp_path / "z.db").write_bytes(raw)
    fault = fault_of(tmp_path / "z.db", "INSERT INTO a VALUES (1)", "SELECT count(x) FROM a WHERE x > 'a'")
    assert isinstance(fault, StoreUnavailable)
    assert "restore the latest backup" in str(fault)


class PostgresFault(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__("the server said so")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("fault", "may_pass"),
    [
        (OperationalError("SELECT", {}, PostgresFault("53100")), True),  # disk_full
        (DBAPIError("SELECT", {}, PostgresFault("57P01")), True),  # admin_shutdown
        (DBAPIError("SELECT", {}, PostgresFault("42P01")), True),  # undefined_table: the schema, not the record
        (DBAPIError("INSERT", {}, PostgresFault("22021")), False),  # character_not_in_repertoire
        (IntegrityError("INSERT", {}, PostgresFault("23503")), False),
        (DataError("INSERT", {}, PostgresFault("")), False),
        (IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE constraint failed")), False),
        (OperationalError("SELECT", {}, sqlite3.OperationalError("no such table: calls")), True),
        (InterfaceError("SELECT", {}, ConnectionResetError("reset")), True),
        (ConnectionRefusedError("refused"), True),
        (PoolTimeout("all connections are in use"), True),
    ],
)
def test_what_may_pass_is_told_apart_from_what_is_wrong_with_a_record(fault: Exception, may_pass: bool) -> None:
    error = store_error(fault, "postgresql://zt@db/zhitong")
    assert isinstance(error, StoreUnavailable) is may_pass
    assert "postgresql://zt@db/zhitong" in str(error)


def test_what_is_no_fault_of_the_database_passes_through() -> None:
    with pytest.raises(KeyError), faults_of("z.db"):
        raise KeyError("a bug of ours")
    with pytest.raises(ZhitongError, match="as it stands"), faults_of("z.db"):
        raise ZhitongError("as it stands")
