"""The page that an agent gets: settings, password, QR code; one A4 page for each. Pure, but for the template's file."""

from collections.abc import Sequence

import msgspec

from dialplans.handsets.account import Account
from dialplans.handsets.files import TEMPLATES
from dialplans.handsets.qr import picture, wave

_SRTP = {"no": "不加密 none", "optional": "可选 optional (SRTP)", "required": "必须 required (SRTP)"}
_DTMF = {"rfc4733": "RFC 4733 / 2833", "info": "SIP INFO", "inband": "带内 in-band", "auto": "RFC 4733 / 2833"}
_CODECS = {"alaw": "G.711A (PCMA)", "ulaw": "G.711U (PCMU)", "g722": "G.722", "g729": "G.729", "opus": "Opus"}


class Page(msgspec.Struct, frozen=True):
    """One agent's page. ``link``: an address at which Linphone finds these settings; None prints none."""

    account: Account
    link: str | None = None


def sheet(site_name: str, printed: str, pages: Sequence[Page]) -> str:
    """The HTML document, which needs nothing beside it. ``printed``: when and by whom, for the foot of each page."""
    shown = [_page(page) for page in pages]
    return TEMPLATES.get_template("sheet.html.j2").render(site=site_name, printed=printed, pages=shown)


def _page(page: Page) -> dict[str, object]:
    account = page.account
    return {
        "account": account,
        "rows": _rows(account),
        "wave": picture(wave(account)),
        "by_hand": account.transport != "udp" or account.srtp != "no",
        "link": page.link or "",
        "scan": picture(page.link) if page.link else "",
    }


def _rows(account: Account) -> list[tuple[str, str, str]]:
    """``id``, title and value. The ids stand in the HTML, so that a program can read the page too."""
    codecs = " · ".join(_CODECS.get(codec, codec) for codec in account.codecs)
    return [
        ("server", "服务器 Server (SIP server, domain)", account.server),
        ("port", "端口 Port", str(account.port)),
        ("transport", "传输 Transport", account.transport.upper()),
        ("user", "用户名 User name (and authentication name)", account.user),
        ("password", "密码 Password", account.password),
        ("name", "显示名 Display name", account.name),
        ("srtp", "语音加密 Voice encryption", _SRTP[account.srtp]),
        ("codecs", "编码，按此顺序 Codecs, in this order", codecs),
        ("dtmf", "按键 Keys (DTMF)", _DTMF[account.dtmf]),
    ]
