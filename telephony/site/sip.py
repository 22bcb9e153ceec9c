"""SIP: where Asterisk listens, the lines to carriers, and the kinds of phones."""

from typing import Annotated

from telephony.numbers.outward import OutFormat, ZeroBefore
from telephony.site.numbers import Prefix
from telephony.site.table import Table
from telephony.texts import (
    Account,
    AnswerPolicy,
    Codec,
    Count,
    Dtmf,
    Folder,
    Host,
    Number,
    Port,
    Seconds,
    Srtp,
    Timers,
    Title,
    Transport,
    Word,
    whole,
)

PRIVATE_NETS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
"""Networks that no address translation stands before: RFC 1918, RFC 6598, RFC 4193."""

Expires = Annotated[int, whole(90, 86_400, "whole seconds")]
"""Session-Expires and Min-SE: RFC 4028 forbids less than 90 s."""


class Sip(Table, frozen=True):
    """Where Asterisk listens for SIP, its RTP ports, and what holds for every trunk and phone that says nothing else.

    A call takes two or three legs of two RTP ports each. ``rtp_timeout_s``: an answered call whose party sends no RTP
    for so long is over (0: never); ``rtp_timeout_hold_s`` the same while that party holds or is on hold.
    """

    bind: Host = "0.0.0.0"  # noqa: S104 - the phones are on other machines
    port: Port = 5060  # UDP and TCP
    transports: tuple[Transport, ...] = ("udp",)
    tls_port: Port = 5061
    tls_cert: Folder = "/etc/asterisk/keys/sip.pem"
    tls_key: Folder = "/etc/asterisk/keys/sip.key"
    external_address: Host | None = None  # what the outside sees of us, behind address translation
    local_nets: tuple[Host, ...] = PRIVATE_NETS  # that see our own address instead
    rtp_start: Port = 10_000
    rtp_end: Port = 20_000
    codecs: tuple[Codec, ...] = ("alaw", "g722", "ulaw", "opus")
    dtmf: Dtmf = "rfc4733"
    qualify_s: Seconds = 60  # how often trunks and phones are asked whether they are there; 0: never
    rtp_timeout_s: Seconds = 60
    rtp_timeout_hold_s: Seconds = 900
    timers: Timers = "yes"
    timers_expires_s: Expires = 1800
    timers_min_s: Expires = 90


class Trunk(Table, frozen=True):
    """A line to a carrier. Its calls are known by where they come from: ``hosts``, ``address[:port][/bits]``.

    ``answer``: the caller's 200 OK is sent when the agent answers (``at-agent``) or as soon as the call
    enters (``at-entry``). ``early_media``: the carrier lets the caller hear us before the answer, so that a
    waiting caller gets music and not the ring-back tone. Calls go out to the first of the hosts that answers; a
    network (``/bits``) only receives.
    """

    name: Word
    hosts: tuple[Host, ...]
    numbers: tuple[Number, ...] = ()  # dialled numbers that mean the hotline; empty: those of ``Site.hotline``
    queue: Word | None = None  # None: the first queue
    answer: AnswerPolicy = "at-entry"
    early_media: bool = False
    port: Port | None = None  # where no host names one; None: 5060, with tls 5061
    transport: Transport = "udp"
    srtp: Srtp = "no"
    codecs: tuple[Codec, ...] = ()  # empty: those of ``Sip``
    dtmf: Dtmf | None = None  # None, here and below: that of ``Sip``
    qualify_s: Seconds | None = None
    rtp_timeout_s: Seconds | None = None
    rtp_timeout_hold_s: Seconds | None = None
    timers: Timers | None = None
    from_domain: Host | None = None
    from_user: Account | None = None
    register: bool = False  # we register with the carrier; the password stands in secrets.toml
    username: Account | None = None
    out_format: OutFormat = "national"  # how numbers that go out are written
    out_prefix: Prefix = ""  # dialled before every number
    out_zero: ZeroBefore = "never"  # a 0 before mobiles: all, or those of other areas
    caller_id: Number | None = None  # what is shown; None: the first of ``numbers``, in ``out_format``
    send_pai: bool = False  # show it as P-Asserted-Identity, too
    lines: Count = 0  # calls that the carrier carries at one time, in and out; 0: not told
    max_calls_in: Count = 0  # let in at a time; 0: no limit
    promise_lines: Count = 10  # how many more may hear the promise of a call-back at a time
    max_calls_out: Count = 0  # of them at most so many out; 0: no limit
    reserved_in: Count = 0  # lines that calls out leave free, for calls in
    reserved_specialists: Count = 0  # lines that other calls out leave free for specialists


class PhoneProfile(Table, frozen=True):
    """A kind of phone, chosen for each agent by ``name``. What is None or empty is as in ``Sip``."""

    name: Word
    title: Title = ""  # for people: the model, or where such phones stand
    transport: Transport = "udp"
    srtp: Srtp = "no"
    codecs: tuple[Codec, ...] = ()
    dtmf: Dtmf | None = None
    qualify_s: Seconds | None = None
    rtp_timeout_s: Seconds | None = None
    rtp_timeout_hold_s: Seconds | None = None
    timers: Timers | None = None
    talk: bool = False  # the phone picks up when told so (SIP NOTIFY within the call, event ``talk``)


STANDARD_PROFILE = PhoneProfile(name="standard")
"""Every phone's where the site names no profile."""
