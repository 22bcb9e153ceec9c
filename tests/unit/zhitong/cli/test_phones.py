"""``zhitong phones`` and ``zhitong agents sheet`` at a terminal."""

import json
from pathlib import Path

import pytest

from tests.unit.dialplans.handsets.camera import read_qr
from tests.unit.dialplans.handsets.phones import Sheet
from tests.unit.zhitong.access.deeds import deeds
from tests.unit.zhitong.cli.conftest import Terminal

PHONES = '[phones]\nserver = "pbx.example"\nurl = "https://pbx.example:5049"\n'
MAC = "80:5E:C0:12:34:56"


@pytest.fixture
def desk(terminal: Terminal) -> Terminal:
    """A site with one agent."""
    terminal.site_file.write_text(terminal.site_file.read_text(encoding="utf-8") + PHONES, encoding="utf-8")
    said = terminal.zhitong("agents", "add", "1001", "--name", "张三", "--queue", "citizens", "--by", "li")
    assert said.status == 0, said.err
    return terminal


def audit(desk: Terminal) -> list[dict[str, object]]:
    return deeds(desk.folder / "var")


def password(desk: Terminal) -> str:
    text = (desk.folder / "var" / "secrets.toml").read_text(encoding="utf-8")
    return text.partition('"1001" = "')[2].partition('"')[0]


def test_a_link_is_told_once_and_listed_without_its_secret(desk: Terminal) -> None:
    said = desk.zhitong("phones", "link", "1001", "--model", "yealink-t4x", "--mac", MAC, "--by", "wang")
    assert said.status == 0, said.err
    address = said.out.split()[-1]
    assert address.startswith("https://pbx.example:5049/p/")
    assert address.endswith("/")
    token = address.split("/")[4]
    for words in ((), ("--json",)):
        listed = desk.zhitong("phones", "links", *words)
        assert "805ec0123456" in listed.out
        assert "wang" in listed.out
        assert token not in listed.out
        assert password(desk) not in listed.out
    assert [(deed["deed"], deed["by"]) for deed in audit(desk)] == [("agents add", "li"), ("phones link", "wang")]
    assert desk.zhitong("phones", "revoke", "1001").status == 0
    assert json.loads(desk.zhitong("phones", "links", "--json").out) == []


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("1009", "--model", "yealink-t4x"), "no agent 1009"),
        (("1001", "--model", "snom"), "yealink-t4x"),
        (("1001", "--model", "yealink-t4x", "--mac", "80:5E"), "hardware address"),
    ],
)
def test_what_cannot_be_linked(desk: Terminal, words: tuple[str, ...], remedy: str) -> None:
    said = desk.zhitong("phones", "link", *words)
    assert said.status == 1
    assert remedy in said.err
    assert not (desk.folder / "var" / "phones.json").exists()


def test_a_site_that_does_not_say_where_phones_fetch(desk: Terminal) -> None:
    text = desk.site_file.read_text(encoding="utf-8")
    desk.site_file.write_text(text.replace('url = "https://pbx.example:5049"\n', ""), encoding="utf-8")
    said = desk.zhitong("phones", "link", "1001", "--model", "linphone")
    assert said.status == 1
    assert "[phones] url" in said.err


@pytest.mark.parametrize("words", [("--bind", "0.0.0.0"), ("--bind", "pbx.example"), ("--bind", "10.0.0.1")])
def test_passwords_do_not_cross_a_network_in_the_clear_unless_told(desk: Terminal, words: tuple[str, ...]) -> None:
    said = desk.zhitong("phones", "serve", *words)
    assert said.status == 1
    assert "--cert" in said.err


def test_a_certificate_that_is_none(desk: Terminal) -> None:
    said = desk.zhitong("phones", "serve", "--cert", desk.site_file)
    assert said.status == 1
    assert "no certificate" in said.err


def test_a_sheet_with_a_link_for_linphone(desk: Terminal) -> None:
    file = desk.folder / "page.html"
    said = desk.zhitong("agents", "sheet", "1001", "--link", "-o", file, "--by", "zhao")
    assert said.status == 0, said.err
    assert file.stat().st_mode & 0o777 == 0o600
    assert password(desk) not in said.both
    page = Sheet(file.read_text(encoding="utf-8"))
    assert page.pages[0]["password"] == password(desk)
    assert read_qr(page.pictures[0]["link"]).startswith("https://pbx.example:5049/p/")
    assert "zhao" in page.text
    assert (audit(desk)[-1]["deed"], audit(desk)[-1]["by"], audit(desk)[-1]["numbers"]) == (
        "agents sheet",
        "zhao",
        ["1001"],
    )


@pytest.mark.parametrize("words", [(), ("1001", "--all"), ("1009",)])
def test_whose_pages_must_be_said(desk: Terminal, words: tuple[str, ...]) -> None:
    file = desk.folder / "page.html"
    assert desk.zhitong("agents", "sheet", *words, "-o", file).status == 1
    assert not file.exists()


def test_nothing_is_made_where_phones_have_no_server(desk: Terminal) -> None:
    text = desk.site_file.read_text(encoding="utf-8")
    desk.site_file.write_text(text.replace('server = "pbx.example"\n', ""), encoding="utf-8")
    file = desk.folder / "page.html"
    said = desk.zhitong("agents", "sheet", "--all", "-o", file)
    assert said.status == 1
    assert "[phones] server" in said.err
    assert not file.exists()


def files(desk: Terminal) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (desk.folder / "var").rglob("*") if path.suffix in {".conf", ".toml"}}


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("add", "1001", "--name", "李四"), "agents change 1001"),
        (("add", "1002", "--name", "李四", "--phone", "1001"), "share the phone"),
        (("add", "10a2", "--name", "李四"), "digits"),
        (("add", "1002", "--name", "李;四"), "take out"),
        (("add", "1002", "--name", "李四", "--queue", "nosuch"), "no queue of this site"),
        (("add", "1002", "--name", "李四", "--profile", "nosuch"), "no phone profile"),
        (("add", "12345", "--name", "李四"), "hotline"),
        (("change", "1009", "--name", "李四"), "no agent 1009"),
        (("remove", "1001", "1009"), "no agent 1009"),
    ],
)
def test_what_is_refused_changes_nothing(desk: Terminal, words: tuple[str, ...], remedy: str) -> None:
    before = files(desk), desk.zhitong("agents", "list", "--json").out
    said = desk.zhitong("agents", *words)
    assert said.status == 1
    assert remedy in said.err
    assert (files(desk), desk.zhitong("agents", "list", "--json").out) == before


def test_what_is_not_given_stays(desk: Terminal) -> None:
    assert desk.zhitong("agents", "change", "1001", "--queue", "policy:5", "--queue", "citizens").status == 0
    (agent,) = json.loads(desk.zhitong("agents", "list", "--json").out)
    assert agent["name"] == "张三"
    assert agent["queues"] == [{"queue": "policy", "penalty": 5}, {"queue": "citizens", "penalty": 0}]
    said = desk.zhitong("agents", "change", "1001", "--no-queues", "--dry-run")
    assert "--dry-run" in said.out
    assert json.loads(desk.zhitong("agents", "list", "--json").out) == [agent]


def test_who_comes_after_gets_a_password_of_their_own(desk: Terminal) -> None:
    first = password(desk)
    assert desk.zhitong("agents", "remove", "1001").status == 0
    assert desk.zhitong("agents", "add", "1001", "--name", "李四").status == 0
    assert password(desk) != first


def test_links_go_with_their_agent(desk: Terminal) -> None:
    """Or whoever kept one would fetch the password of the number's next holder."""
    assert desk.zhitong("phones", "link", "1001", "--model", "linphone").status == 0
    assert desk.zhitong("agents", "add", "1002", "--name", "李四").status == 0
    assert desk.zhitong("phones", "link", "1002", "--model", "linphone").status == 0
    assert desk.zhitong("agents", "remove", "1001").status == 0
    assert [link["number"] for link in json.loads(desk.zhitong("phones", "links", "--json").out)] == ["1002"]


def test_without_a_pbx_here_it_says_what_to_copy(desk: Terminal) -> None:
    said = desk.zhitong("agents", "change", "1001", "--name", "王五", "--no-queues")
    assert "core reload" in said.out
    assert "queue remove member PJSIP/1001 from citizens" in said.out
    assert "王五" in (desk.folder / "var" / "asterisk" / "pjsip.conf").read_text(encoding="utf-8")


def test_for_an_existing_pbx_its_files_are_those_of_include(desk: Terminal) -> None:
    text = desk.site_file.read_text(encoding="utf-8")
    desk.site_file.write_text(text + '[pbx.deploy]\nmode = "include"\n', encoding="utf-8")
    assert desk.zhitong("agents", "change", "1001", "--name", "王五").status == 0
    assert "王五" in (desk.folder / "var" / "include" / "zhitong-pjsip.conf").read_text(encoding="utf-8")
