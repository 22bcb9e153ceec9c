"""Which URLs are taken, and what is said about the others."""

import pytest

from telephony.database.engine import database_url, make_engine, shown, sqlite_file
from telephony.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "driver", "place"),
    [
        ("sqlite:///var/zhitong.db", "sqlite+aiosqlite", "var/zhitong.db"),
        ("sqlite:////srv/zhitong/zhitong.db", "sqlite+aiosqlite", "/srv/zhitong/zhitong.db"),
        ("sqlite+pysqlite:///z.db", "sqlite+aiosqlite", "z.db"),
        ("postgresql://zt@db/zhitong", "postgresql+asyncpg", "postgresql://zt@db/zhitong"),
        ("postgres://zt@db/zhitong", "postgresql+asyncpg", "postgresql://zt@db/zhitong"),
        ("postgresql+psycopg2://zt@db/zhitong", "postgresql+asyncpg", "postgresql://zt@db/zhitong"),
    ],
)
def test_urls_as_people_write_them(text: str, driver: str, place: str) -> None:
    url = database_url(text)
    assert url.drivername == driver
    assert shown(url) == place


@pytest.mark.parametrize(
    "text",
    ["", "zhitong.db", "mysql://zt@db/zhitong", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true"],
)
def test_other_urls_are_refused_with_what_to_write_instead(text: str) -> None:
    with pytest.raises(ConfigError, match=r"database_url.*sqlite:///"):
        database_url(text)


def test_a_password_is_never_shown() -> None:
    url = database_url("postgresql://zt:geheim@db/zhitong")
    assert url.password == "geheim"
    assert "geheim" not in shown(url)


def test_only_sqlite_has_a_file() -> None:
    assert str(sqlite_file(database_url("sqlite:///z.db"))) == "z.db"
    assert sqlite_file(database_url("postgresql://zt@db/zhitong")) is None


def test_postgresql_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "asyncpg", None)
    with pytest.raises(ConfigError, match="asyncpg"):
        make_engine(database_url("postgresql://zt@db/zhitong"))
