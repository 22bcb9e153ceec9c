"""One small folder for each rule: the fault, the lines it must be found at, and the change that cures it."""

from typing import NamedTuple


class Faulty(NamedTuple):
    """``cure``: file, what stands there, what should; the rule finds nothing then."""

    rule: str
    files: dict[str, str]
    at: tuple[str, ...]
    cure: tuple[str, str, str]


def _plan(text: str, **more: str) -> dict[str, str]:
    return {"extensions.conf": text} | {f"{name}.conf": each for name, each in more.items()}


_TRUNK = """\
[carrier](!)
type=endpoint
identify_by=ip
direct_media=no
[carrier-a](carrier)
context=from-carrier
[carrier-a]
type=identify
endpoint=carrier-a
match=203.0.113.10
"""

FAULTY = [
    Faulty(
        "include-missing",
        _plan("[a]\nexten => 1,1,Hangup()\n#include more.conf\n"),
        ("extensions.conf:3",),
        ("extensions.conf", "#include", "#tryinclude"),
    ),
    Faulty(
        "include-missing",
        {
            "queues.conf": '#include "queues.d/north.conf"\n',
            "queues.d/north.conf": "[q]\nringinuse=no\n#include south.conf\n",
        },
        ("queues.d/north.conf:3",),
        ("queues.d/north.conf", "#include south.conf", ""),
    ),
    Faulty(
        "include-circle",
        {"a.conf": "#include b.conf\n", "b.conf": "[x]\n#include a.conf\n", "c.conf": "#include a.conf"},
        ("b.conf:2",),
        ("b.conf", "#include a.conf", ""),
    ),
    Faulty(
        "include-circle",
        {
            "extensions.conf": "[a]\nexten => 1,1,Hangup()\n#include b.conf\n",
            "b.conf": "[b]\nexten => 1,1,Hangup()\n#include extensions.conf\n",
        },
        ("b.conf:3",),
        ("b.conf", "#include extensions.conf", ""),
    ),
    Faulty(
        "exec",
        {"queues.conf": "[general]\n#exec /usr/local/bin/queues.sh\n"},
        ("queues.conf:2",),
        ("queues.conf", "#exec", ";exec"),
    ),
    Faulty(
        "section-missing",
        {"pjsip.conf": "[1001](phone)\ntype=endpoint\n"},
        ("pjsip.conf:1",),
        ("pjsip.conf", "[1001]", "[phone](!)\n[1001]"),
    ),
    Faulty(
        "section-missing",
        {"queues.conf": "[general](+)\nautofill=yes\n"},
        ("queues.conf:1",),
        ("queues.conf", "(+)", ""),
    ),
    Faulty(
        "section-missing",
        {"rtp.conf": "rtpstart=10000\n"},
        ("rtp.conf:1",),
        ("rtp.conf", "rtpstart", "[general]\nrtpstart"),
    ),
    Faulty(
        "not-included",
        {"queues.conf": "[general]\n", "zhitong-queues.conf": "[q]\nringinuse=no\n"},
        ("zhitong-queues.conf",),
        ("queues.conf", "[general]\n", "[general]\n#include zhitong-queues.conf\n"),
    ),
    Faulty(
        "stray-line",
        _plan("[a]\nexten => 1,1,Hangup()\nsame n,Hangup()\n"),
        ("extensions.conf:3",),
        ("extensions.conf", "same n", "same => n"),
    ),
    Faulty(
        "no-target",
        _plan(
            "[a]\nexten => 1,1,Goto(b,s,1)\nexten => 2,1,GotoIf($[1]?here:gone)\n"
            " same => n(here),Hangup()\n[c]\nexten => s,1,Hangup()\n"
        ),
        ("extensions.conf:2", "extensions.conf:3"),
        ("extensions.conf", "[c]\n", "[b]\nexten => s,1,Hangup()\n[a](+)\nexten => 2,3(gone),Hangup()\n"),
    ),
    Faulty(
        "no-queue",
        _plan(
            "[a]\nexten => 1,1,Queue(north,t)\n same => n,AddQueueMember(${Q})\n same => n,Hangup()\n",
            queues="[south]\nringinuse=no\n",
        ),
        ("extensions.conf:2",),
        ("queues.conf", "[south]", "[north]"),
    ),
    Faulty(
        "no-context",
        _plan("[a]\ninclude => b\ninclude => parkedcalls\n"),
        ("extensions.conf:2",),
        ("extensions.conf", "[a]", "[b]\n[a]"),
    ),
    Faulty(
        "context-circle",
        _plan("[a]\ninclude => b\n[b]\ninclude => c,09:00-17:00,mon-fri,*,*\n[c]\ninclude => a\n"),
        ("extensions.conf:2", "extensions.conf:4", "extensions.conf:6"),
        ("extensions.conf", "include => a", ""),
    ),
    Faulty(
        "swallows",
        _plan("[a]\nexten => _.,1,Hangup()\nexten => _[!-~]!,1,Hangup()\n"),
        ("extensions.conf:2", "extensions.conf:3"),
        ("extensions.conf", "_.,1,Hangup()\nexten => _[!-~]!", "_X.,1,Hangup()\nexten => _+X!"),
    ),
    Faulty(
        "priority-missing",
        _plan("[a]\nexten => 1,1,Answer()\nexten => 2,n,Hangup()\n"),
        ("extensions.conf:3",),
        ("extensions.conf", "2,n", "2,1"),
    ),
    Faulty(
        "priority-missing",
        _plan("[a]\nexten => 1,1,Answer()\nexten => 1,3,Hangup()\n"),
        ("extensions.conf:3",),
        ("extensions.conf", "1,3", "1,n"),
    ),
    Faulty(
        "priority-twice",
        _plan("[a]\nexten => 1,1,Answer()\nexten => 1,2,Hangup()\nexten => 1,2,Echo()\n"),
        ("extensions.conf:4",),
        ("extensions.conf", "exten => 1,2,Echo()", ""),
    ),
    Faulty(
        "falls-through",
        _plan(
            "[a]\nexten => 100,1,Dial(PJSIP/100)\nexten => _1XX,1,NoOp()\n"
            " same => n,Dial(PJSIP/900)\n same => n,Hangup()\n"
        ),
        ("extensions.conf:2",),
        ("extensions.conf", "Dial(PJSIP/100)\n", "Dial(PJSIP/100)\n same => n,Hangup()\n"),
    ),
    Faulty(
        "overlap",
        _plan("[a]\nexten => _1X.,1,Hangup()\nexten => _X2XX,1,Busy()\n"),
        ("extensions.conf:3",),
        ("extensions.conf", "_X2XX", "_12XX"),
    ),
    Faulty(
        "hidden",
        _plan("[a]\nexten => _X.,1,Hangup()\ninclude => b\n[b]\nexten => 100,1,Busy()\nexten => h,1,NoOp()\n"),
        ("extensions.conf:3",),
        ("extensions.conf", "_X.", "_2X."),
    ),
    Faulty(
        "exit-context",
        _plan(
            "[a]\nexten => 1,1,Hangup()\nexten => 12,1,Hangup()\nexten => _X,1,Hangup()\n",
            queues="[q]\nringinuse=no\ncontext=a\n",
        ),
        ("queues.conf:3",),
        ("extensions.conf", "exten => 12,1,Hangup()\nexten => _X,1,Hangup()\n", ""),
    ),
    Faulty(
        "exit-context",
        {"queues.conf": "[q]\nringinuse=no\ncontext=a\n"},
        ("queues.conf:3",),
        ("queues.conf", "context=a", ""),
    ),
    Faulty(
        "member-missing",
        {"queues.conf": "[q]\nmember => PJSIP/1001\n", "pjsip.conf": "[1002]\ntype=endpoint\n"},
        ("queues.conf:2",),
        ("pjsip.conf", "1002", "1001"),
    ),
    Faulty(
        "member-blind",
        {"queues.conf": "[q]\nmember => Local/100@from-queue/n,0\n"},
        ("queues.conf:2",),
        ("queues.conf", "/n,0", "/n,0,Anna,hint:100@internal"),
    ),
    Faulty(
        "rest-is-empty",
        {"queues.conf": "[q]\njoinempty=paused,unavailable\n"},
        ("queues.conf:2",),
        ("queues.conf", "paused,", ""),
    ),
    Faulty(
        "ringinuse",
        {"queues.conf": "[general]\n[q]\nstrategy=ringall\n"},
        ("queues.conf:2",),
        ("queues.conf", "strategy", "ringinuse=no\nstrategy"),
    ),
    Faulty(
        "autopause",
        {"queues.conf": "[q]\nringinuse=no\nautopause=all\n"},
        ("queues.conf:3",),
        ("queues.conf", "=all", "=no"),
    ),
    Faulty(
        "anonymous",
        {"pjsip.conf": "[anonymous]\ntype=endpoint\ncontext=public\n"},
        ("pjsip.conf:1",),
        ("pjsip.conf", "[anonymous]", "[trunk]"),
    ),
    Faulty(
        "anonymous",
        {"sip.conf": "[general]\ncontext=public\n"},
        ("sip.conf:1",),
        ("sip.conf", "context", "allowguest=no\ncontext"),
    ),
    Faulty(
        "unguarded",
        {"pjsip.conf": "[1001]\ntype=endpoint\n"},
        ("pjsip.conf:1",),
        ("pjsip.conf", "type=endpoint", "type=endpoint\nauth=1001"),
    ),
    Faulty(
        "trunk-by-name",
        {"pjsip.conf": _TRUNK.replace("identify_by=ip\n", "")},
        ("pjsip.conf:4",),
        ("pjsip.conf", "type=endpoint", "type=endpoint\nidentify_by=ip"),
    ),
    Faulty(
        "trunk-everywhere",
        {"pjsip.conf": _TRUNK.replace("203.0.113.10", "203.0.113.10,0.0.0.0/0")},
        ("pjsip.conf:10",),
        ("pjsip.conf", ",0.0.0.0/0", ""),
    ),
    Faulty(
        "sip-reference",
        {
            "pjsip.conf": "[udp]\ntype=transport\nbind=0.0.0.0\n[1001]\ntype=endpoint\n"
            "auth=1001\naors=1001\ntransport=tls\n"
        },
        ("pjsip.conf:6", "pjsip.conf:7", "pjsip.conf:8"),
        ("pjsip.conf", "[1001]", "[tls]\ntype=transport\nprotocol=tls\n[1001]\ntype=auth\n[1001]\ntype=aor\n[1001]"),
    ),
    Faulty(
        "no-transport",
        {"pjsip.conf": _TRUNK},
        ("pjsip.conf",),
        ("pjsip.conf", "[carrier](!)", "[udp]\ntype=transport\n[carrier](!)"),
    ),
    Faulty(
        "endpoint-context",
        _plan("[from-carriers]\n", pjsip=_TRUNK),
        ("pjsip.conf:6",),
        ("extensions.conf", "carriers", "carrier"),
    ),
    Faulty(
        "no-registration",
        {"pjsip.conf": "[1]\ntype=endpoint\naors=1\n[1]\ntype=aor\nqualify_frequency=60\n"},
        ("pjsip.conf:4",),
        ("pjsip.conf", "qualify", "max_contacts=1\nqualify"),
    ),
    Faulty(
        "direct-media",
        {"pjsip.conf": _TRUNK.replace("direct_media=no\n", "")},
        ("pjsip.conf:4",),
        ("pjsip.conf", "identify_by=ip", "identify_by=ip\ndirect_media=no"),
    ),
    Faulty(
        "weak-secret",
        {"pjsip.conf": "[1001]\ntype=auth\nusername=1001\npassword=abc1001\n[1002]\ntype=auth\npassword=83920183\n"},
        ("pjsip.conf:4", "pjsip.conf:7"),
        ("pjsip.conf", "abc1001\n[1002]\ntype=auth\npassword=83920183", "q83920183zzzk"),
    ),
    Faulty(
        "weak-secret",
        {"manager.conf": "[general]\nenabled=yes\nbindaddr=127.0.0.1\n[admin]\nsecret=amp111\n"},
        ("manager.conf:5",),
        ("manager.conf", "amp111", "Zk39dm2la0xQ77"),
    ),
    Faulty(
        "weak-secret",
        {"sip.conf": "[general]\nallowguest=no\n[1001]\nsecret=s1001\n[1002]\nsecret=1002\n"},
        ("sip.conf:4", "sip.conf:6"),
        ("sip.conf", "s1001\n[1002]\nsecret=1002", "Zk39dm2la0xQ77"),
    ),
    Faulty(
        "ami-open",
        {
            "manager.conf": "[general]\nenabled=yes\n[a]\nsecret=Zk39dm2la0xQ77\n[b]\n"
            "secret=Zk39dm2la0xQ78\ndeny=0.0.0.0/0.0.0.0\n"
            "permit=10.0.0.7/255.255.255.255\n"
        },
        ("manager.conf:3",),
        ("manager.conf", "enabled=yes", "enabled=yes\nbindaddr=127.0.0.1"),
    ),
    Faulty(
        "ami-mighty",
        {"manager.conf": "[a]\nsecret=Zk39dm2la0xQ77\nwrite=all\n"},
        ("manager.conf:3",),
        ("manager.conf", "=all", "=call,originate"),
    ),
    Faulty(
        "http-open",
        {"http.conf": "[general]\nenabled=yes\nbindaddr=0.0.0.0\n"},
        ("http.conf:3",),
        ("http.conf", "0.0.0.0", "127.0.0.1"),
    ),
    Faulty(
        "toll-fraud",
        _plan(
            "[from-carrier]\ninclude => internal\n[internal]\n"
            "exten => _9X.,1,Dial(PJSIP/${EXTEN:1}@carrier-a)\n"
            "exten => _1XXX,1,Dial(PJSIP/${EXTEN})\n",
            pjsip=_TRUNK,
        ),
        ("extensions.conf:4",),
        ("extensions.conf", "include => internal", ""),
    ),
    Faulty(
        "toll-fraud",
        _plan(
            "[from-carrier]\nexten => _X.,1,Goto(out,${EXTEN},1)\n[out]\n"
            "exten => _X.,1,Gosub(zt-out,s,1(call-out,${EXTEN},))\n",
            pjsip=_TRUNK,
        ),
        ("extensions.conf:4",),
        ("extensions.conf", "Goto(out,${EXTEN},1)", "Hangup()"),
    ),
    Faulty(
        "disa",
        _plan("[a]\nexten => 77,1,DISA(no-password,internal)\n"),
        ("extensions.conf:2",),
        ("extensions.conf", "no-password", "49201#"),
    ),
    Faulty(
        "caller-transfers",
        _plan(
            "[from-carrier]\nexten => 1,1,Dial(PJSIP/1001,20,tT)\n"
            "exten => 2,1,Queue(q,cT${TONE})\n[internal]\n"
            "exten => 3,1,Dial(PJSIP/1,20,T)\n",
            pjsip=_TRUNK,
            queues="[q]\n",
        ),
        ("extensions.conf:2", "extensions.conf:3"),
        ("extensions.conf", "tT)\nexten => 2,1,Queue(q,cT", "t)\nexten => 2,1,Queue(q,c"),
    ),
    Faulty(
        "shell",
        _plan("[a]\nexten => _X.,1,System(/usr/bin/log.sh ${CALLERID(name)})\n"),
        ("extensions.conf:2",),
        ("extensions.conf", "${CALLERID(name)}", "${FILTER(0-9,${CALLERID(num)})}"),
    ),
    Faulty(
        "transfer-ends-in-dial",
        _plan("[a]\nexten => 1,1,Set(__TRANSFER_CONTEXT=b)\n[b]\nexten => 2,1,Dial(PJSIP/2)\n"),
        ("extensions.conf:4",),
        ("extensions.conf", "Dial(PJSIP/2)\n", "Dial(PJSIP/2)\n same => n,Hangup()\n"),
    ),
    Faulty(
        "cel-digits",
        {"cel.conf": "[general]\nenable=yes\nevents=ALL\n"},
        ("cel.conf:3",),
        ("cel.conf", "ALL", "CHAN_START,CHAN_END"),
    ),
    Faulty(
        "log-digits",
        {"logger.conf": "[logfiles]\nconsole => verbose\nfull => [json]notice,dtmf\nall => *\n"},
        ("logger.conf:3", "logger.conf:4"),
        ("logger.conf", "notice,dtmf\nall => *", "notice"),
    ),
    Faulty(
        "few-ports",
        {"rtp.conf": "[general]\nrtpstart=10000\nrtpend=10199\n", "asterisk.conf": "[options]\nmaxcalls=60\n"},
        ("rtp.conf:3",),
        ("rtp.conf", "10199", "10359"),
    ),
    Faulty(
        "port-clash",
        {
            "rtp.conf": "[general]\nrtpstart=5000\nrtpend=31000\n",
            "pjsip.conf": "[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n",
        },
        ("pjsip.conf:4",),
        ("rtp.conf", "5000", "10000"),
    ),
    Faulty("loose-rtp", {"rtp.conf": "[general]\nstrictrtp=no\n"}, ("rtp.conf:2",), ("rtp.conf", "=no", "=yes")),
    Faulty(
        "gone",
        _plan("[a]\nexten => 1,1,Macro(out,1)\nexten => 2,1,Macro(out,2)\nexten => 3,1,Dial(SIP/3)\n"),
        ("extensions.conf:2", "extensions.conf:4"),
        ("extensions.conf", "Macro(out,1)\nexten => 2,1,Macro(out,2)\nexten => 3,1,Dial(SIP/3)", "Hangup()"),
    ),
]
