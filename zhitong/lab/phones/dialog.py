"""A dialog: how two phones name their conversation, and the requests made inside it (RFC 3261 §12). Pure."""

import msgspec

from zhitong.lab.phones.message import (
    Address,
    Header,
    Place,
    Request,
    Response,
    items_of,
    parameters,
    parse_address,
    render_address,
    required,
    sequence,
    uri_place,
    value_of,
)

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY"


class Dialog(msgspec.Struct, frozen=True):
    """`number` is the CSeq we used last, `peer_number` the peer's; the tags are in `local` and `remote`."""

    call_id: str
    local: Address
    remote: Address
    target: str
    routes: tuple[str, ...] = ()
    number: int = 0
    peer_number: int = 0


def called(invite: Request, tag: str) -> Dialog:
    """The dialog of an INVITE to us (§12.1.1)."""
    local = msgspec.structs.replace(parse_address(required(invite, "to")), tag=tag)
    remote = parse_address(required(invite, "from"))
    call_id, routes = required(invite, "call-id"), items_of(invite, "record-route")
    target = _contact(invite) or remote.uri
    return Dialog(call_id, local, remote, target, routes, peer_number=sequence(invite)[0])


def established(dialog: Dialog, response: Response) -> Dialog:
    """The dialog of an INVITE of ours after a 1xx with a tag or a 2xx (§12.1.2); the last word counts."""
    remote = parse_address(required(response, "to"))
    if not remote.tag:
        return dialog
    routes = tuple(reversed(items_of(response, "record-route")))
    return msgspec.structs.replace(
        dialog, remote=remote, target=_contact(response) or dialog.target, routes=routes or dialog.routes
    )


def refreshed(dialog: Dialog, message: Request | Response) -> Dialog:
    """After a re-INVITE or UPDATE, from either side: the Contact may have moved (§12.2)."""
    return msgspec.structs.replace(dialog, target=_contact(message) or dialog.target)


def _contact(message: Request | Response) -> str | None:
    contacts = items_of(message, "contact")
    return parse_address(contacts[0]).uri if contacts else None


def seen(dialog: Dialog, request: Request) -> Dialog | None:
    """The dialog after `request` of the peer; None if it is another dialog's or comes out of order (§12.2.2)."""
    if value_of(request, "call-id") != dialog.call_id or _tag(request, "to") != dialog.local.tag:
        return None
    number = sequence(request)[0]
    if _tag(request, "from") != dialog.remote.tag or number <= dialog.peer_number:
        return None
    return msgspec.structs.replace(dialog, peer_number=number)


def _tag(request: Request, name: str) -> str:
    return parameters(required(request, name)).get("tag", "")


def numbered(dialog: Dialog) -> Dialog:
    """The dialog with its next CSeq number, for the next `request`."""
    return msgspec.structs.replace(dialog, number=dialog.number + 1)


def request(dialog: Dialog, method: str, via: str, extra: tuple[Header, ...] = (), body: bytes = b"") -> Request:
    """A request inside the dialog, with the number the dialog has now. `via` is the whole Via value."""
    own = (
        ("Via", via),
        ("Max-Forwards", "70"),
        *(("Route", route) for route in dialog.routes),
        ("From", render_address(dialog.local)),
        ("To", render_address(dialog.remote)),
        ("Call-ID", dialog.call_id),
        ("CSeq", f"{dialog.number} {method}"),
    )
    return Request(method, dialog.target, (*own, *extra), body)


def next_hop(dialog: Dialog) -> Place:
    """Where requests of the dialog go: the first route, else the peer's contact (§8.1.2; loose routing only)."""
    return uri_place(parse_address(dialog.routes[0]).uri if dialog.routes else dialog.target)


def replaces(dialog: Dialog) -> str:
    """The value of a Replaces header that names `dialog` to the peer of it (RFC 3891 §3): its own tag is `to-tag`."""
    return f"{dialog.call_id};to-tag={dialog.remote.tag};from-tag={dialog.local.tag}"
