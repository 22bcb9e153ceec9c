"""How people's phones are set up: what their settings say of the PBX, and where they fetch them."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import Host, text

FetchUrl = Annotated[
    str,
    text(
        r"https?://(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9a-fA-F:.]{2,45}\])(?::[0-9]{1,5})?",
        "https://, a host name or an address, and :port, such as https://pbx.example:5049",
    ),
]


class Phones(Table, frozen=True):
    """What is written into phones. ``server``: the name or address at which they reach the PBX; None: ``sip.bind``,
    where that is one address. ``ntp``: where they ask the time. ``url``: where they reach `zhitong phones serve`."""

    server: Host | None = None
    ntp: Host = "ntp.ntsc.ac.cn"  # China's National Time Service Center
    url: FetchUrl | None = None
