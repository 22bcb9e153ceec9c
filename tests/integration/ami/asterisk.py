"""A real Asterisk for the tests of the link: a queue, and calls that need no phones (Local channels)."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from telephony.ami.account import Account, tls_trusting
from telephony.ami.decode import EVENTS
from zhitong.lab.pbx import Pbx
from zhitong.lab.ports import Ports
from zhitong.lab.programs import find_asterisk

SECRET = "a-secret-of-the-test"

_EXTENSIONS = """\
[callers]
exten => s,1,Answer()
 same => n,UserEvent(ZtEntry,Trunk: carrier,Dialled: 12345,Recording: )
 same => n,Queue(q1)
 same => n,UserEvent(ZtQueueEnd,Queue: q1,Status: ${IF($["${QUEUESTATUS}"=""]?UNKNOWN:${QUEUESTATUS})},Key: )
 same => n,Hangup()
exten => hold,1,Answer()
 same => n,Wait(600)
[far]
exten => s,1,Wait(600)
[agents]
exten => _1XXX,1,Ringing()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,Wait(600)
exten => _2XXX,1,Ringing()
 same => n,Wait(600)
"""

_QUEUES = """\
[general]
log_membername_as_agent = yes
[q1]
strategy = ringall
timeout = 30
retry = 1
autofill = yes
ringinuse = no
member => Local/1001@agents/n,5,1001
[empty]
"""


def _filters(events: Iterable[str]) -> str:
    return "".join(f"eventfilter(action(include),name({event})) =\n" for event in sorted(events))


def _user(name: str, read: str, filters: str = "") -> str:
    return f"""
[{name}]
secret = {SECRET}
permit = 127.0.0.1/32
read = {read}
write = system,call,agent,user,reporting,originate
writetimeout = 10000
{filters}"""


def _manager(port: int, tls_port: int, certificate: Path) -> str:
    return f"""\
[general]
enabled = yes
bindaddr = 127.0.0.1
port = {port}
tlsenable = yes
tlsbindaddr = 127.0.0.1:{tls_port}
tlscertfile = {certificate}
tlsprivatekey = {certificate.with_suffix(".key")}
timestampevents = yes
{_user("zhitong", "system,call,agent,user", _filters(EVENTS))}
{_user("everything", "all")}
{_user("rightless", "call", _filters({"Newchannel"}))}
"""


def make_certificate(path: Path, name: str = "localhost") -> Path:
    """A certificate that is its own authority, and its key beside it."""
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(path.with_suffix(".key")), "-out", str(path)]
    subprocess.run([*command, *subject, "-days", "2", *files], check=True, capture_output=True)
    return path


class RealPbx:
    """An Asterisk in ``run``, not started yet, and the accounts at it."""

    def __init__(self, run: Path, ports: Ports) -> None:
        self._ports = ports
        self._tls_port = ports.take()
        self.certificate = make_certificate(run / "pbx.pem")
        etc = run / "etc"
        etc.mkdir()
        (etc / "extensions.conf").write_text(_EXTENSIONS, encoding="utf-8")
        (etc / "queues.conf").write_text(_QUEUES, encoding="utf-8")
        (etc / "manager.conf").write_text(_manager(ports.ami, self._tls_port, self.certificate), encoding="utf-8")
        (etc / "asterisk.conf").write_text("[options]\nsystemname = pbx1\n", encoding="utf-8")
        self.pbx = Pbx(find_asterisk(), run=run, etc=etc, rtp=ports.rtp)

    def account(self, user: str = "zhitong", secret: str = SECRET) -> Account:
        return Account("127.0.0.1", user, secret, self._ports.ami)

    def tls_account(self, host: str = "localhost", authority: Path | None = None) -> Account:
        context = tls_trusting(authority or self.certificate)
        return Account(host, "zhitong", SECRET, self._tls_port, context)
