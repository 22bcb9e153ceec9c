"""SIP messages, judged by the examples of RFC 3261 and RFC 4475 and by taking apart what was put together."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhitong.lab.phones.errors import MalformedSip
from zhitong.lab.phones.message import (
    Address,
    Request,
    Response,
    branch,
    items_of,
    parameters,
    parse,
    parse_address,
    render,
    render_address,
    required,
    respond,
    sequence,
    uri_place,
    uri_user,
    value_of,
    values_of,
)


def wire(*lines: str, body: str = "") -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


# RFC 3261 §24.2, message F1
INVITE = wire(
    "INVITE sip:bob@biloxi.com SIP/2.0",
    "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8",
    "Max-Forwards: 70",
    "To: Bob <sip:bob@biloxi.com>",
    "From: Alice <sip:alice@atlanta.com>;tag=1928301774",
    "Call-ID: a84b4c76e66710",
    "CSeq: 314159 INVITE",
    "Contact: <sip:alice@pc33.atlanta.com>",
    "Content-Type: application/sdp",
    "Content-Length: 4",
    body="v=0\n",
)

# RFC 4475 §3.1.1.1, its header fields as they stand there
TORTUOUS = wire(
    "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0",
    "TO :",
    " sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n",
    'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
    "  ;",
    "  tag = 98asjd8",
    "MaX-fOrWaRdS: 0068",
    "Call-ID: wsinv.ndaksdj@192.0.2.1",
    "Content-Length   : 5",
    "cseq: 0009",
    "  INVITE",
    "Via  : SIP  /   2.0",
    " /UDP",
    "    192.0.2.2;branch=390skdjuw",
    "s :",
    "NewFangledHeader:   newfangled value",
    " continued newfangled value",
    "UnknownHeaderWithUnusualValue: ;;,,;;,;",
    "Content-Type: application/sdp",
    "Route:",
    " <sip:services.example.com;lr;unknownwith=value;unknown-no-value>",
    "v:  SIP  / 2.0  / TCP     spindle.example.com   ;",
    "  branch  =   z9hG4bK9ikj8  ,",
    " SIP  /    2.0   / UDP  192.168.255.111   ; branch=",
    " z9hG4bK30239",
    'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
    "      newvalue ;",
    "  secondparam ; q = 0.33",
    body="v=0\r\n",
)


def test_reads_the_invite_of_the_rfc() -> None:
    message = parse(INVITE)
    assert isinstance(message, Request)
    assert (message.method, message.uri, message.body) == ("INVITE", "sip:bob@biloxi.com", b"v=0\n")
    assert sequence(message) == (314159, "INVITE")
    assert branch(message) == "z9hG4bKnashds8"
    assert parse_address(required(message, "from")) == Address("sip:alice@atlanta.com", "Alice", "1928301774")


def test_reads_the_tortuous_invite_of_rfc_4475() -> None:
    message = parse(TORTUOUS)
    assert isinstance(message, Request)
    assert message.body == b"v=0\r\n"
    assert sequence(message) == (9, "INVITE")
    assert branch(message) == "390skdjuw"
    assert parameters(items_of(message, "via")[1])["branch"] == "z9hG4bK9ikj8"
    assert parameters(items_of(message, "via")[2])["branch"] == "z9hG4bK30239"
    assert parse_address(required(message, "to")).tag == "1918181833n"
    assert parse_address(required(message, "from")) == Address("sip:jdrosen@example.com", 'J Rosenberg \\"', "98asjd8")
    contact = parse_address(required(message, "contact"))
    assert (contact.uri, contact.name) == ("sip:jdrosen@example.com", 'Quoted string ""')
    assert value_of(message, "newfangledheader") == "newfangled value continued newfangled value"


def test_reads_a_response() -> None:
    message = parse(INVITE.replace(b"INVITE sip:bob@biloxi.com SIP/2.0", b"SIP/2.0 486 Busy Here"))
    assert isinstance(message, Response)
    assert (message.code, message.reason) == (486, "Busy Here")


def test_a_response_may_have_no_reason() -> None:
    message = parse(INVITE.replace(b"INVITE sip:bob@biloxi.com SIP/2.0", b"SIP/2.0 200 "))
    assert isinstance(message, Response)
    assert message.reason == ""


@pytest.mark.parametrize(
    "short, full", [("i", "Call-ID"), ("v", "Via"), ("f", "From"), ("t", "To"), ("l", "Content-Length")]
)
def test_compact_names_mean_the_same(short: str, full: str) -> None:
    line = next(line for line in INVITE.split(b"\r\n") if line.startswith(full.encode()))
    compact = parse(INVITE.replace(line, line.replace(full.encode(), short.encode(), 1)))
    assert value_of(compact, full) == value_of(parse(INVITE), full)


def test_lines_of_one_header_stay_in_order() -> None:
    text = INVITE.replace(b"Via:", b"Via: SIP/2.0/UDP first;branch=z9hG4bK1, SIP/2.0/UDP second\r\nVia:", 1)
    message = parse(text)
    assert [item.split()[1].split(";")[0] for item in items_of(message, "via")] == [
        "first",
        "second",
        "pc33.atlanta.com",
    ]
    assert len(values_of(message, "via")) == 2
    assert branch(message) == "z9hG4bK1"


def test_the_body_is_cut_to_its_length() -> None:
    assert parse(INVITE + b"rubbish of the next layer").body == b"v=0\n"


def test_without_a_length_the_datagram_is_the_body() -> None:
    assert parse(INVITE.replace(b"Content-Length: 4\r\n", b"") + b"more").body == b"v=0\nmore"


def test_empty_lines_before_a_message_are_skipped() -> None:
    assert parse(b"\r\n\r\n" + INVITE) == parse(INVITE)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\r\n\r\n",
        b"hello",
        INVITE.split(b"\r\n\r\n")[0],
        INVITE.replace(b"SIP/2.0\r\n", b"HTTP/1.1\r\n", 1),
        INVITE.replace(b"INVITE sip:bob@biloxi.com SIP/2.0", b"SIP/2.0 99 Too Small"),
        INVITE.replace(b"INVITE sip:bob@biloxi.com SIP/2.0", b"SIP/2.0 abc What"),
        INVITE.replace(b"Content-Length: 4", b"Content-Length: 5"),
        INVITE.replace(b"Content-Length: 4", b"Content-Length: -4"),
        INVITE.replace(b"CSeq: 314159 INVITE", b"CSeq: INVITE"),
        INVITE.replace(b"CSeq: 314159 INVITE\r\n", b""),
        INVITE.replace(b"Call-ID: a84b4c76e66710\r\n", b""),
        INVITE.replace(b"Max-Forwards: 70", b"no colon here"),
        INVITE.replace(b"Alice", b"\xff\xfe"),
        INVITE.replace(b"Alice", b"Al\nice"),
        INVITE.replace(b"Alice", b"Al\0ice"),
    ],
)
def test_what_is_no_message_is_refused(broken: bytes) -> None:
    with pytest.raises(MalformedSip):
        parse(broken)


@given(st.binary(max_size=400))
def test_rubbish_raises_nothing_else(data: bytes) -> None:
    with contextlib.suppress(MalformedSip):
        parse(data)


@given(st.integers(0, len(INVITE)), st.binary(max_size=6))
def test_a_message_with_a_wound_raises_nothing_else(place: int, wound: bytes) -> None:
    try:
        message = parse(INVITE[:place] + wound + INVITE[place + len(wound) :])
    except MalformedSip:
        return
    assert parse(render(message)).body == message.body


def test_the_length_is_told_once_and_right() -> None:
    message = parse(INVITE)
    assert render(message).count(b"Content-Length") == 1
    assert parse(render(msgspec.structs.replace(message, body=b"longer"))).body == b"longer"


def test_what_is_rendered_reads_the_same() -> None:
    message = parse(INVITE)
    again = parse(render(message))
    assert again.body == message.body
    assert [value_of(again, name) for name, _ in message.headers] == [
        value_of(message, name) for name, _ in message.headers
    ]


@pytest.mark.parametrize("evil", ["a\r\nVia: x", "a\nb", "a\rb", "a\0b"])
def test_a_value_cannot_break_out_of_its_line(evil: str) -> None:
    with pytest.raises(MalformedSip, match="line break"):
        render(Request("INFO", "sip:a@b", (("Subject", evil),)))
    with pytest.raises(MalformedSip):
        render(Request("INFO", f"sip:{evil}", ()))


NAMES = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=30)


@given(NAMES, st.from_regex(r"[a-z0-9]{0,8}", fullmatch=True))
def test_any_display_name_survives(name: str, tag: str) -> None:
    address = Address("sip:1001@127.0.0.1:5060", name, tag)
    assert parse_address(render_address(address)) == address


@pytest.mark.parametrize(
    "text, expected",
    [
        ("sip:1001@host", Address("sip:1001@host")),
        ("sip:1001@host;tag=x", Address("sip:1001@host", "", "x")),
        ("<sip:1001@host;transport=udp>;tag=x", Address("sip:1001@host;transport=udp", "", "x")),
        ("张三 <sip:1001@host>", Address("sip:1001@host", "张三")),
        ('"王, 五; <x>" <sip:1001@host>;tag=y', Address("sip:1001@host", "王, 五; <x>", "y")),
    ],
)
def test_addresses_in_all_their_forms(text: str, expected: Address) -> None:
    assert parse_address(text) == expected


def test_an_open_bracket_is_refused() -> None:
    with pytest.raises(MalformedSip):
        parse_address("Bob <sip:bob@biloxi.com")


@pytest.mark.parametrize(
    "uri, user, place",
    [
        ("sip:12345@127.0.0.1:5062", "12345", ("127.0.0.1", 5062)),
        ("sip:12345@127.0.0.1", "12345", ("127.0.0.1", 5060)),
        ("sip:127.0.0.1:5070", "", ("127.0.0.1", 5070)),
        ("sip:+86123;phone-context=x@pbx:5061;transport=udp", "+86123", ("pbx", 5061)),
        ("sips:1@h?Replaces=a%3Bb", "1", ("h", 5060)),
    ],
)
def test_parts_of_a_uri(uri: str, user: str, place: tuple[str, int]) -> None:
    assert (uri_user(uri), uri_place(uri)) == (user, place)


@pytest.mark.parametrize("uri", ["", "sip:", "sip:1001@", "sip:1001@host:port"])
def test_a_uri_without_a_place_is_refused(uri: str) -> None:
    with pytest.raises(MalformedSip):
        uri_place(uri)


def test_a_response_copies_what_rfc_3261_asks_for() -> None:
    routed = INVITE.replace(b"Max-Forwards", b"Record-Route: <sip:proxy;lr>\r\nMax-Forwards")
    request = parse(routed)
    assert isinstance(request, Request)
    response = respond(request, 180, "mytag", (("Contact", "<sip:me@here>"),))
    assert (response.code, response.reason) == (180, "Ringing")
    for name in ("via", "from", "call-id", "cseq", "record-route"):
        assert values_of(response, name) == values_of(request, name)
    assert value_of(response, "to") == "Bob <sip:bob@biloxi.com>;tag=mytag"
    assert value_of(response, "contact") == "<sip:me@here>"


def test_a_tag_that_is_there_stays() -> None:
    request = parse(INVITE.replace(b"biloxi.com>\r\nFrom", b"biloxi.com>;tag=old\r\nFrom"))
    assert isinstance(request, Request)
    assert parse_address(required(respond(request, 200, "new"), "to")).tag == "old"
