"""Telling the service manager that we are ready (systemd's ``Type=notify``, sd_notify(3))."""

import os
import socket


def notify(state: str) -> bool:
    """Send ``state`` (``READY=1``, ``STATUS=…``, ``STOPPING=1``) to whom NOTIFY_SOCKET names; False if to nobody."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)  # a manager who does not read must not hold up the calls
            sender.sendto(state.encode(), address)
    except OSError:
        return False
    return True
