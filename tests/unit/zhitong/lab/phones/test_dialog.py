"""Dialogs, judged by the call flow of RFC 3665 §3.1 and RFC 3891's own example."""

import pytest

from zhitong.lab.phones import dialog
from zhitong.lab.phones.dialog import Dialog
from zhitong.lab.phones.message import (
    Address,
    Request,
    Response,
    parse_address,
    required,
    respond,
    sequence,
    value_of,
    values_of,
)

ROUTES = (("Record-Route", "<sip:p2;lr>, <sip:p1:5070;lr>"),)


def invite(*extra: tuple[str, str]) -> Request:
    own = (
        ("Via", "SIP/2.0/UDP client.atlanta:5060;branch=z9hG4bK74bf9"),
        ("From", '"Alice" <sip:alice@atlanta>;tag=9fxced76sl'),
        ("To", "<sip:bob@biloxi>"),
        ("Call-ID", "3848276298220188511@atlanta"),
        ("CSeq", "2 INVITE"),
        ("Contact", "<sip:alice@client.atlanta:5066;transport=udp>"),
    )
    return Request("INVITE", "sip:bob@biloxi", (*own, *extra))


def begun() -> Dialog:
    return Dialog("id1", Address("sip:me@here", "我", "mine"), Address("sip:you@there"), "sip:you@there", number=2)


def answered(code: int = 200, *extra: tuple[str, str]) -> Response:
    asked = dialog.request(begun(), "INVITE", "SIP/2.0/UDP here;branch=z9hG4bK1")
    return respond(asked, code, "yours", (("Contact", "<sip:you@elsewhere:5099>"), *extra))


def from_peer(call: Dialog, method: str, number: int) -> Request:
    mirrored = Dialog(call.call_id, call.remote, call.local, "sip:me@here", number=number)
    return dialog.request(mirrored, method, "SIP/2.0/UDP there;branch=z9hG4bK2")


def test_a_called_phone_mirrors_the_invite() -> None:
    call = dialog.called(invite(*ROUTES), "314159")
    assert call.local == Address("sip:bob@biloxi", "", "314159")
    assert call.remote == Address("sip:alice@atlanta", "Alice", "9fxced76sl")
    assert call.target == "sip:alice@client.atlanta:5066;transport=udp"
    assert call.routes == ("<sip:p2;lr>", "<sip:p1:5070;lr>")
    assert (call.number, call.peer_number) == (0, 2)


def test_without_a_contact_the_caller_is_where_he_says_he_is() -> None:
    bare = Request("INVITE", "sip:bob@biloxi", tuple(one for one in invite().headers if one[0] != "Contact"))
    assert dialog.called(bare, "x").target == "sip:alice@atlanta"


def test_a_calling_phone_learns_tag_contact_and_routes_backwards() -> None:
    call = dialog.established(begun(), answered(200, *ROUTES))
    assert call.remote == Address("sip:you@there", "", "yours")
    assert call.target == "sip:you@elsewhere:5099"
    assert call.routes == ("<sip:p1:5070;lr>", "<sip:p2;lr>")


def test_a_trying_without_a_tag_establishes_nothing() -> None:
    asked = dialog.request(begun(), "INVITE", "SIP/2.0/UDP here;branch=z9hG4bK1")
    assert dialog.established(begun(), respond(asked, 100)) == begun()


def test_a_request_inside_goes_to_the_contact_with_the_next_number() -> None:
    call = dialog.numbered(dialog.established(begun(), answered()))
    bye = dialog.request(call, "BYE", "SIP/2.0/UDP here;branch=z9hG4bK3", (("Reason", "none"),))
    assert bye.uri == "sip:you@elsewhere:5099"
    assert sequence(bye) == (3, "BYE")
    assert parse_address(required(bye, "from")) == Address("sip:me@here", "我", "mine")
    assert parse_address(required(bye, "to")).tag == "yours"
    assert (value_of(bye, "call-id"), value_of(bye, "reason")) == ("id1", "none")
    assert dialog.next_hop(call) == ("elsewhere", 5099)


def test_a_request_inside_follows_the_routes() -> None:
    call = dialog.established(begun(), answered(200, *ROUTES))
    assert values_of(dialog.request(call, "BYE", "v"), "route") == ("<sip:p1:5070;lr>", "<sip:p2;lr>")
    assert dialog.next_hop(call) == ("p1", 5070)


def test_the_peer_s_requests_must_count_upwards() -> None:
    call = dialog.established(begun(), answered())
    after = dialog.seen(call, from_peer(call, "INFO", 7))
    assert after is not None and after.peer_number == 7
    assert dialog.seen(after, from_peer(call, "INFO", 7)) is None
    assert dialog.seen(after, from_peer(call, "INFO", 6)) is None
    assert dialog.seen(after, from_peer(call, "BYE", 8)) is not None


@pytest.mark.parametrize("changed", ["call_id", "local", "remote"])
def test_a_request_of_another_dialog_is_not_ours(changed: str) -> None:
    call = dialog.established(begun(), answered())
    other = {
        "call_id": Dialog("id2", call.local, call.remote, call.target),
        "local": Dialog("id1", Address("sip:me@here", "", "other"), call.remote, call.target),
        "remote": Dialog("id1", call.local, Address("sip:you@there", "", "other"), call.target),
    }[changed]
    assert dialog.seen(call, from_peer(other, "BYE", 9)) is None


def test_a_new_contact_moves_the_target() -> None:
    call = dialog.refreshed(dialog.established(begun(), answered()), invite())
    assert call.target == "sip:alice@client.atlanta:5066;transport=udp"
    assert dialog.refreshed(call, Response(200, "OK", ())) == call


def test_replaces_names_the_dialog_as_its_peer_sees_it() -> None:
    """RFC 3891 §3: to-tag is the tag of the one who receives the Replaces."""
    call = dialog.established(begun(), answered())
    assert dialog.replaces(call) == "id1;to-tag=yours;from-tag=mine"
