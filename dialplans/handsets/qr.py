"""QR codes (ISO/IEC 18004) of accounts, in the forms that softphones read. Pure.

`wave`: the XML of Grandstream Wave, as Grandstream's own PBX shows it; it carries no transport. `link`: a web address,
which Linphone takes under *Assistant → Fetch remote configuration → Scan*.
"""

from xml.sax.saxutils import escape

import segno

from dialplans.handsets.account import Account

_SCALE = 6  # dots of the picture for each module: 1 mm on paper at 150 dpi


def wave(account: Account) -> str:
    """What the app *Grandstream Wave* reads."""
    fields = {
        "RegisterServer": account.address,
        "UserID": account.user,
        "AuthID": account.user,
        "AuthPass": account.password,
        "AccountName": f"{account.number} {account.name}",
        "DisplayName": account.name,
        "Dialplan": "{x+|*x+|*++}",
        "RandomPort": "0",
    }
    shown = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return (
        f'<?xml version="1.0" encoding="utf-8"?><AccountConfig version="1"><Account>{shown}</Account></AccountConfig>'
    )


def picture(text: str) -> str:
    """The QR code of ``text`` as a PNG in a data URI. Level M: a fold or a stain of 15 % does no harm."""
    code = segno.make(text, error="m", micro=False, encoding="utf-8", boost_error=False)
    return code.png_data_uri(scale=_SCALE, border=4)
