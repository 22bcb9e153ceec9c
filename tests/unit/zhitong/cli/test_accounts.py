"""``zhitong accounts`` and ``zhitong audit`` at a terminal."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from telephony.config import read_site
from telephony.secrets import read_secrets
from tests.unit.zhitong.access.deeds import deeds, written
from tests.unit.zhitong.cli.conftest import Terminal
from zhitong.cli.audit import audit_of, note

ROSTER = "number,name,queues,phone\n" + "".join(f"1{each:03},坐席{each},citizens,\n" for each in range(1, 69))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2 with little work: what the hashes cost is tested elsewhere."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr("zhitong.access.passwords.hasher", lambda: cheap)


@pytest.fixture
def desk(terminal: Terminal) -> Terminal:
    """A site with two agents."""
    for number, name in (("1001", "张三"), ("1002", "李四")):
        said = terminal.zhitong("agents", "add", number, "--name", name, "--queue", "citizens", "--by", "li")
        assert said.status == 0, said.err
    return terminal


def done(terminal: Terminal, *words: str | Path) -> str:
    said = terminal.zhitong(*words, "--by", "li")
    assert said.status == 0, said.err
    return said.out


def accounts(terminal: Terminal) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in json.loads(terminal.zhitong("accounts", "list", "--json").out)}


def passwords(file: Path) -> dict[str, str]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return {row["account"]: row["one_time_password"] for row in csv.DictReader(opened)}


def test_sixty_eight_people_at_once_get_passwords_in_a_file_and_nowhere_else(terminal: Terminal) -> None:
    roster, output = terminal.folder / "agents.csv", terminal.folder / "passwords.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    previous = os.umask(0o022)
    try:
        said = terminal.zhitong("agents", "import", roster, "--accounts", output, "--by", "li")
    finally:
        os.umask(previous)
    assert said.status == 0, said.err
    given = passwords(output)
    assert len(set(given.values())) == len(given) == 68
    assert output.stat().st_mode & 0o777 == 0o600
    held = accounts(terminal)
    assert {name: (each["role"], each["agent"], each["must_change"]) for name, each in held.items()} == {
        name: ("agent", name, True) for name in given
    }
    kept = (
        said.both
        + written(terminal.folder / "var")
        + (terminal.folder / "var" / "zhitong.db").read_bytes().decode("latin-1")
    )
    assert not any(password in kept for password in given.values())
    again = terminal.zhitong("agents", "import", roster, "--accounts", output)
    assert again.status == 1, "a file of passwords is not written over"
    assert passwords(output) == given


def test_one_password_is_shown_once(desk: Terminal) -> None:
    shown = done(desk, "accounts", "issue", "1001").split()[-1]
    assert shown.count("-") == 3
    assert list(accounts(desk)) == ["1001"]
    assert desk.zhitong("accounts", "issue", "1001").status == 1
    assert desk.zhitong("accounts", "issue", "1009").status == 1
    refused = desk.zhitong("accounts", "issue", "--all")
    assert (refused.status, "-o" in refused.err) == (1, True)
    done(desk, "accounts", "issue", "--all", "-o", desk.folder / "rest.csv")
    assert list(passwords(desk.folder / "rest.csv")) == ["1002"]
    assert shown not in written(desk.folder / "var")


def test_disable_enable_reset_role_remove(desk: Terminal) -> None:
    done(desk, "accounts", "issue", "1001", "1002")
    done(desk, "agents", "disable", "1001")
    assert accounts(desk)["1001"]["disabled"] is True
    done(desk, "accounts", "enable", "1001")
    assert accounts(desk)["1001"]["disabled"] is False
    assert done(desk, "agents", "reset", "1001").split()[-1].count("-") == 3
    done(desk, "accounts", "role", "1001", "lead", "--queue", "policy")
    done(desk, "accounts", "role", "1001", "supervisor")
    assert (accounts(desk)["1001"]["role"], accounts(desk)["1001"]["queues"]) == ("supervisor", ["policy"])
    done(desk, "accounts", "revoke", "1001")
    done(desk, "accounts", "remove", "1002")
    assert list(accounts(desk)) == ["1001"]
    wanted = ["issue", "disable", "enable", "reset", "role", "role", "revoke", "remove"]
    found = [deed for deed in deeds(desk.folder / "var") if deed["deed"].startswith("accounts")]
    assert [(deed["deed"], deed["by"]) for deed in found] == [(f"accounts {each}", "li") for each in wanted]


@pytest.mark.parametrize(
    "words",
    [
        ("accounts", "disable", "1001"),
        ("accounts", "role", "1002", "auditor"),
        ("accounts", "role", "1002", "lead", "--queue", "nowhere"),
        ("accounts", "add", "1003", "--role", "auditor"),
        ("accounts", "add", "wang", "--role", "agent"),
        ("accounts", "add", "wang", "--role", "lead", "--queue", "nowhere"),
        (
            "accounts",
            "issue",
        ),
    ],
)
def test_what_cannot_be_is_said_and_leaves_nothing(desk: Terminal, words: tuple[str, ...]) -> None:
    done(desk, "accounts", "issue", "1002")
    before = accounts(desk), written(desk.folder / "var")
    said = desk.zhitong(*words)
    assert said.status == 1
    assert said.err.strip()
    assert (accounts(desk), written(desk.folder / "var")) == before


def test_people_who_are_no_agents(desk: Terminal) -> None:
    done(desk, "accounts", "add", "wang", "--role", "auditor", "-o", desk.folder / "wang.csv")
    assert list(passwords(desk.folder / "wang.csv")) == ["wang"]
    assert accounts(desk)["wang"] == {
        "name": "wang",
        "role": "auditor",
        "agent": None,
        "queues": [],
        "disabled": False,
        "must_change": True,
    }
    assert "须改密码" in desk.zhitong("accounts", "list").out


def test_who_is_removed_from_the_agents_has_no_account_any_more(desk: Terminal) -> None:
    done(desk, "accounts", "issue", "1001", "1002")
    done(desk, "agents", "remove", "1001")
    assert list(accounts(desk)) == ["1002"]


def test_a_deed_that_cannot_be_put_on_record_is_not_done(desk: Terminal) -> None:
    done(desk, "accounts", "issue", "1001")
    folder = desk.folder / "var" / "audit"
    folder.rename(folder.with_name("aside"))
    folder.write_text("in the way")
    for words in (("accounts", "disable", "1001"), ("accounts", "issue", "1002"), ("agents", "remove", "1002")):
        assert desk.zhitong(*words).status == 1
    folder.unlink()
    folder.with_name("aside").rename(folder)
    assert accounts(desk)["1001"]["disabled"] is False
    assert list(accounts(desk)) == ["1001"]
    assert len(json.loads(desk.zhitong("agents", "list", "--json").out)) == 2


def test_another_key_for_tokens(desk: Terminal) -> None:
    secrets = desk.folder / "var" / "secrets.toml"
    done(desk, "secrets", "rotate", "tokens")
    first = read_secrets(secrets)
    done(desk, "secrets", "rotate", "tokens")
    second = read_secrets(secrets)
    assert len(first.tokens) == 1
    assert dict(second.tokens).items() > first.tokens.items(), "what it signed holds yet"
    assert max(second.tokens) not in first.tokens, "and the new one signs"
    done(desk, "secrets", "rotate", "tokens", "--now")
    third = read_secrets(secrets)
    assert len(third.tokens) == 1
    assert not third.tokens.keys() & second.tokens.keys()
    assert (third.ami, third.phones) == (first.ami, first.phones)
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert not any(key in written(desk.folder / "var") for key in (*second.tokens.values(), *third.tokens.values()))


# --- zhitong audit ------------------------------------------------------------------------------------------------


def test_what_was_done_is_listed(desk: Terminal) -> None:
    done(desk, "accounts", "issue", "1001")
    assert "accounts issue" in desk.zhitong("audit", "list").out
    listed = json.loads(desk.zhitong("audit", "list", "--by", "li", "--deed", "accounts", "--json").out)
    assert [(each["deed"], each["details"]["accounts"]) for each in listed] == [("accounts issue", ["1001"])]
    assert json.loads(desk.zhitong("audit", "list", "--by", "wang", "--json").out) == []
    assert json.loads(desk.zhitong("audit", "list", "--since", "2099-01-01", "--json").out) == []
    assert len(json.loads(desk.zhitong("audit", "list", "--since", "2h", "--last", "2", "--json").out)) == 2


def test_telephone_numbers_are_masked(desk: Terminal) -> None:
    audit = audit_of(desk.site_file, read_site(desk.site_file))
    note(audit, "wang", "revealed", numbers=["13800001234"], why="+8613800001234 rang")
    for words in ((), ("--json",)):
        out = desk.zhitong("audit", "list", *words).out
        assert "138****1234" in out
        assert "13800001234" not in out


def test_verify_says_whole_or_where_it_is_not(desk: Terminal) -> None:
    said = desk.zhitong("audit", "verify")
    assert (said.status, "完整" in said.out) == (0, True)
    file = desk.folder / "var" / "audit" / "commands" / "000001.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines).replace(b'"by":"li"', b'"by":"wu"', 1))
    said = desk.zhitong("audit", "verify")
    assert said.status == 1
    assert "commands/000001.jsonl 第 2 行 line 2: was changed" in said.out
    file.write_bytes(b"".join(lines[:-1]))
    assert "was cut off" in desk.zhitong("audit", "verify").out
    file.write_bytes(b"".join(lines))
    (found,) = json.loads(desk.zhitong("audit", "verify", "--json").out)
    assert found["faults"] == []


def test_the_log_of_before_is_shown_as_bound_by_nothing_and_held_from_now_on(terminal: Terminal) -> None:
    old = terminal.folder / "var" / "audit.jsonl"
    old.parent.mkdir()
    old.write_text('{"at":"2026-11-20T08:00:00.000+00:00","by":"zhao","deed":"agents add","added":["1001"]}\nx\n')
    done(terminal, "agents", "add", "1002", "--name", "李四", "--queue", "citizens")
    out = terminal.zhitong("audit", "list", "--by", "zhao").out
    assert "agents add" in out
    assert "未成链" in out
    said = terminal.zhitong("audit", "verify")
    assert said.status == 0
    assert "2 条，未成链" in said.out
    old.write_text(old.read_text().replace("zhao", "qian"))
    said = terminal.zhitong("audit", "verify")
    assert said.status == 1
    assert "audit.jsonl: was changed since this log began" in said.out


def test_there_is_no_log_yet(terminal: Terminal) -> None:
    assert "Nothing is on record" in terminal.zhitong("audit", "list").out
    assert terminal.zhitong("audit", "verify", "--no-note").status == 0
