"""The page that an agent gets, and its QR code, read by other eyes than those that drew it."""

import xml.etree.ElementTree as ET

import pytest

from dialplans.handsets.qr import picture, wave
from dialplans.handsets.sheet import Page, sheet
from tests.unit.dialplans.handsets.camera import read_qr
from tests.unit.dialplans.handsets.phones import ACCOUNT, Sheet, account


def of_wave(text: str) -> dict[str, str]:
    root = ET.fromstring(text)
    assert (root.tag, root.attrib) == ("AccountConfig", {"version": "1"})
    (only,) = root
    return {each.tag: each.text or "" for each in only}


def test_the_page_holds_every_setting() -> None:
    (said,) = Sheet(sheet("某市12345", "x", [Page(account(transport="tls", port=5061, srtp="required"))])).pages
    assert said == {
        "server": "pbx.example",
        "port": "5061",
        "transport": "TLS",
        "user": "desk-7.b",
        "password": ACCOUNT.password,
        "name": "张三",
        "srtp": "必须 required (SRTP)",
        "codecs": "G.711A (PCMA) · G.722 · G.711U (PCMU)",
        "dtmf": "RFC 4733 / 2833",
    }


def test_the_code_says_what_the_page_says() -> None:
    page = Sheet(sheet("某市12345", "x", [Page(ACCOUNT)]))
    scanned = read_qr(page.pictures[0]["wave"])
    assert scanned == wave(ACCOUNT)
    said = of_wave(scanned)
    assert said["RegisterServer"] == f"{page.pages[0]['server']}:{page.pages[0]['port']}"
    assert (said["UserID"], said["AuthID"]) == ("desk-7.b", "desk-7.b")
    assert said["AuthPass"] == page.pages[0]["password"]
    assert said["DisplayName"] == "张三"


@pytest.mark.parametrize("name", ["张", "王&五 <b>'\"]]>", "欧阳" * 32, "O'Hara"])
def test_every_name_can_be_scanned(name: str) -> None:
    assert of_wave(read_qr(picture(wave(account(name=name)))))["DisplayName"] == name


def test_a_link_is_a_second_code() -> None:
    link = "https://pbx.example:5049/p/token/linphone.xml"
    page = Sheet(sheet("某市12345", "x", [Page(ACCOUNT, link), Page(ACCOUNT)]))
    assert read_qr(page.pictures[0]["link"]) == link
    assert set(page.pictures[1]) == {"wave"}


def test_a_page_for_each_agent_and_nothing_from_elsewhere() -> None:
    page = Sheet(sheet("某市12345", "2026-11-23 · li", [Page(ACCOUNT), Page(account(number="1002", name="李四"))]))
    assert [each["name"] for each in page.pages] == ["张三", "李四"]
    assert all(each.startswith("data:image/png") for each in page.loads)
    assert page.text.count("2026-11-23 · li") == 2
    assert page.text.count("本页含密码") == 2


def test_names_are_text_and_no_html() -> None:
    page = Sheet(sheet("<script>", "<b>", [Page(account(name="<img src=http://x>"))]))
    assert page.pages[0]["name"] == "<img src=http://x>"
    assert len(page.loads) == 1


def test_what_a_code_cannot_carry_is_said() -> None:
    assert "扫描后手工设" in Sheet(sheet("x", "x", [Page(account(transport="tls"))])).text
    assert "扫描后手工设" not in Sheet(sheet("x", "x", [Page(ACCOUNT)])).text


def test_its_repr_shows_no_password() -> None:
    assert ACCOUNT.password not in repr(ACCOUNT) + repr(Page(ACCOUNT))
