"""SIP: where Asterisk listens, and the lines to carriers."""

from telephony.numbers.outward import OutFormat, ZeroBefore
from telephony.site.numbers import Prefix
from telephony.site.table import Table
from telephony.texts import Account, AnswerPolicy, Codec, Host, Number, Port, Word


class Sip(Table, frozen=True):
    """Where Asterisk listens for SIP, and its RTP ports. A call takes two or three legs of two ports each."""

    bind: Host = "0.0.0.0"  # noqa: S104 - the phones are on other machines
    port: Port = 5060
    rtp_start: Port = 10_000
    rtp_end: Port = 20_000
    codecs: tuple[Codec, ...] = ("alaw", "ulaw")


class Trunk(Table, frozen=True):
    """A line to a carrier. Its calls are known by where they come from: ``hosts``, ``address[:port][/bits]``.

    ``answer``: the caller's 200 OK is sent when the agent answers (``at-agent``) or as soon as the call
    enters (``at-entry``). ``early_media``: the carrier lets the caller hear us before the answer, so that a
    waiting caller gets music and not the ring-back tone.
    """

    name: Word
    hosts: tuple[Host, ...]
    numbers: tuple[Number, ...] = ()  # dialled numbers that mean the hotline; empty: those of ``Site.hotline``
    queue: Word | None = None  # None: the first queue
    answer: AnswerPolicy = "at-entry"
    early_media: bool = False
    port: Port = 5060
    codecs: tuple[Codec, ...] = ()  # empty: those of ``Sip``
    from_domain: Host | None = None
    from_user: Account | None = None
    register: bool = False  # we register with the carrier; the password stands in secrets.toml
    username: Account | None = None
    out_format: OutFormat = "national"  # how numbers that go out are written
    out_prefix: Prefix = ""  # dialled before every number
    out_zero: ZeroBefore = "never"  # a 0 before mobiles: all, or those of other areas
    caller_id: Number | None = None  # what is shown; None: the first of ``numbers``, in ``out_format``
    send_pai: bool = False  # show it as P-Asserted-Identity, too
