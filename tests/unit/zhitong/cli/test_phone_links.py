"""Links at which phones find their settings: how long, for whom, and what of them is kept."""

import threading
from pathlib import Path

import pytest

from telephony.errors import ConfigError
from zhitong.cli.provisioning.links import Links


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(tmp_path: Path, clock: Clock) -> Links:
    return Links(tmp_path / "phones.json", clock)


def test_a_link_holds_until_it_expires(links: Links, clock: Clock) -> None:
    token = links.make("1001", "yealink-t4x", "li", hours=1)
    clock.now += 3599
    found = links.find(token)
    assert found
    assert (found.number, found.model, found.by, found.names()) == ("1001", "yealink-t4x", "li", ("phone.cfg",))
    clock.now += 1
    assert links.find(token) is None
    assert links.used(found) is False
    assert links.all() == []


def test_only_its_token_opens_it(links: Links) -> None:
    token = links.make("1001", "yealink-t4x", "li", hours=1)
    for wrong in ("", token[:-1], token + "A", token.swapcase(), "../" + token, "\udc80"):
        assert links.find(wrong) is None


def test_the_file_opens_nothing(links: Links, tmp_path: Path) -> None:
    token = links.make("1001", "linphone", "li", hours=1)
    file = tmp_path / "phones.json"
    assert token not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(token) >= 43  # 256 bits in base 64
    assert links.make("1001", "linphone", "li", hours=1) != token


def test_once_is_once(links: Links) -> None:
    token = links.make("1001", "yealink-t4x", "li", hours=1, once=True)
    found = links.find(token)
    assert found
    assert [links.used(found), links.used(found)] == [True, False]
    assert links.find(token) is None


def test_of_many_at_once_one_gets_it(links: Links) -> None:
    found = links.find(links.make("1001", "yealink-t4x", "li", hours=1, once=True))
    assert found
    got: list[bool] = []
    threads = [threading.Thread(target=lambda: got.append(links.used(found))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


def test_fetches_are_counted_and_no_change_is_lost(links: Links) -> None:
    made = [links.find(links.make(number, "linphone", "li", hours=1)) for number in ("1001", "1002")]
    threads = [threading.Thread(target=links.used, args=(link,)) for link in made * 10 if link]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(link.number, link.fetched) for link in links.all()] == [("1001", 10), ("1002", 10)]


@pytest.mark.parametrize(
    ("model", "name"),
    [("yealink-t4x", "805ec0123456.cfg"), ("grandstream-grp261x", "cfg805ec0123456.xml"), ("linphone", "linphone.xml")],
)
def test_a_phone_asks_by_its_hardware_address(links: Links, model: str, name: str) -> None:
    found = links.find(links.make("1001", model, "li", hours=1, mac="805ec0123456"))
    assert found
    assert found.names() == (name,)


def test_taken_back(links: Links) -> None:
    tokens = [links.make(number, "linphone", "li", hours=1) for number in ("1001", "1001", "1002")]
    assert links.revoke("1001") == 2
    assert [links.find(token) is None for token in tokens] == [True, True, False]
    assert links.revoke(None) == 1
    assert links.all() == []


def test_a_damaged_file_is_said_to_be_one(links: Links, tmp_path: Path) -> None:
    (tmp_path / "phones.json").write_text("[{", encoding="utf-8")
    with pytest.raises(ConfigError, match="Delete it"):
        links.all()
