"""Certificates that Asterisk could not load: it then listens for no TLS at all. ``where`` is a path in site.toml."""

import ssl
from collections.abc import Iterator
from pathlib import Path

from dialplans.checks.case import Case
from dialplans.checks.rule import Fault

_REMEDY = "Bring it (docs/pbx.md, Encrypted phones), readable for Asterisk: without it no phone can use TLS."


def certificates(case: Case) -> Iterator[Fault]:
    """Looked for where Asterisk's sounds are on this machine, since then Asterisk is."""
    sip = case.site.sip
    if case.sounds is None or "tls" not in sip.transports:
        return
    for key, name, mark in (("tls_cert", sip.tls_cert, "CERTIFICATE"), ("tls_key", sip.tls_key, "PRIVATE KEY")):
        try:
            text = Path(name).read_text(encoding="utf-8", errors="replace")
        except PermissionError:
            return  # a key is for Asterisk alone
        except OSError as error:
            yield Fault(f"site.toml: sip.{key}", f"{name} cannot be read: {error.strerror}.", _REMEDY)
            return
        if f"{mark}-----" not in text:
            yield Fault(f"site.toml: sip.{key}", f"{name} holds no {mark.lower()} (PEM).", _REMEDY)
            return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(sip.tls_cert, sip.tls_key, password="")
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        yield Fault("site.toml: sip.tls_key", f"{sip.tls_key} does not go with {sip.tls_cert}: {reason}.", _REMEDY)
