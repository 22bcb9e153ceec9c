"""A small hand-written PBX configuration, so that the lab is tested without the renderer it serves."""

from collections.abc import Sequence
from pathlib import Path

from zhitong.lab.lab import Lab

EXTENSIONS = """\
[trunk]
; the hotline: nobody answers before an agent does
exten => 12345,1,Queue(hotline,ct)
 same => n,Hangup()
; a menu: what is keyed goes into queue_log, which no phone writes
exten => 12346,1,Answer()
 same => n,Read(KEYED,silence/1,4,,1,5)
 same => n,QueueLog(menu,${UNIQUEID},NONE,KEYED,${KEYED})
 same => n,Queue(hotline,ct)
 same => n,Hangup()
; a caller who hears it ring
exten => 12348,1,Ringing()
 same => n,Queue(hotline,r)
 same => n,Hangup()
; what the PBX understood of the caller
exten => 12347,1,QueueLog(who,${UNIQUEID},NONE,NAMED,${CALLERID(name)})
 same => n,Hangup(17)
[agents]
exten => _8XXX,1,Dial(PJSIP/${EXTEN})
 same => n,Hangup()
"""

PJSIP = """\
[global]
type=global
taskprocessor_overload_trigger=pjsip_only
endpoint_identifier_order=username,ip
[udp]
type=transport
protocol=udp
bind=127.0.0.1:{sip}
[carrier]
type=endpoint
context=trunk
allow=!all,ulaw
dtmf_mode=info
[carrier]
type=identify
endpoint=carrier
match=127.0.0.1
"""

PHONE = """\
[{number}]
type=endpoint
context=agents
aors={number}
allow=!all,ulaw
dtmf_mode=info
direct_media=no
{more}
[{number}]
type=aor
{contact}
"""

WITH_PASSWORD = "auth={number}\n[{number}]\ntype=auth\nusername={number}\npassword=geheim-{number}"

QUEUES = """\
[general]
autofill=yes
[hotline]
strategy=linear
timeout={timeout}
retry=1
ringinuse=no
"""


def configure(lab: Lab, agents: Sequence[str], *, timeout_s: int = 15, register: bool = False) -> None:
    """Write the lab's configuration: a trunk, `agents` in one queue, offered in this order."""
    contact = "max_contacts=1" if register else f"contact=sip:{{number}}@127.0.0.1:{lab.ports.agents}"
    more = WITH_PASSWORD if register else ""
    phone = PHONE.replace("{contact}", contact).replace("{more}", more)
    files = {
        "extensions.conf": EXTENSIONS,
        "pjsip.conf": PJSIP.format(sip=lab.ports.sip) + "".join(phone.format(number=number) for number in agents),
        "queues.conf": QUEUES.format(timeout=timeout_s)
        + "".join(f"member => PJSIP/{number},0,{number}\n" for number in agents),
    }
    for name, text in files.items():
        (lab.etc / name).write_text(text, encoding="utf-8")


def queue_log(lab: Lab) -> list[list[str]]:
    """The rows of app_queue's own log: time, call, queue, member, event, and what the event tells."""
    return [line.split("|") for line in text(lab.pbx.log_dir / "queue_log").splitlines()]


def events(lab: Lab) -> list[tuple[str, str]]:
    """Member and event of each row of queue_log, in order, but for the PBX's own start."""
    return [(row[3], row[4]) for row in queue_log(lab) if row[4] != "QUEUESTART"]


def text(path: Path) -> str:
    """What a file holds."""
    return path.read_text(encoding="utf-8")
