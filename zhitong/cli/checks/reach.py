"""Can the PBX be reached, and is it one? Judged with a plain connection, before pyst2 comes in."""

import asyncio
import contextlib
import re
import socket
import ssl

from telephony.site.pbx import Ami
from zhitong.cli.checks.findings import Finding, Pair, error, ok, warning
from zhitong.cli.checks.relay import Peer, connect

TIMEOUT_S = 5.0
_OLDEST_AMI = 9
"""Asterisk 20 says 9, 21 says 10, 22 says 11 (AMI_VERSION in its manager.h)."""

_BANNER = re.compile(rb"Asterisk Call Manager/(?P<version>(?P<major>\d+)[\w.]*)\s*")
_CHECK = "reach"


def tls_of(ami: Ami) -> ssl.SSLContext | None:
    """Whom the bridge trusts: the PBX's certificate, or its authority, in the file ``tls_cert``. Raises OSError."""
    return ssl.create_default_context(cafile=ami.tls_cert) if ami.tls else None


def no_certificate(ami: Ami, failure: OSError) -> Finding:
    """What to do when the file is not here."""
    words = failure.strerror or str(failure)
    return error(
        _CHECK,
        (f"读不到证书 {ami.tls_cert}：{words}", f"The certificate {ami.tls_cert} cannot be read: {words}"),
        (
            "桥凭这个文件认 PBX：把 PBX 的证书（不是私钥）复制到本机同一路径。",
            "The bridge knows the PBX by it: copy the PBX's certificate (not its key) here, to the same path.",
        ),
    )


async def reach(peer: Peer, timeout_s: float = TIMEOUT_S) -> Finding:
    """Connect, read the first line, hang up. ``timeout_s`` is for each of the two."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await connect(peer)
    except (OSError, TimeoutError) as failure:
        return error(_CHECK, *_unreachable(peer, failure))
    try:
        async with asyncio.timeout(timeout_s):
            return greeting(peer, await reader.readline())
    except TimeoutError:
        return error(_CHECK, *_silent(peer))
    except (OSError, ValueError):  # reset; a line without end
        return greeting(peer, b"")
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def greeting(peer: Peer, line: bytes) -> Finding:
    """What the first line says. Source: ``session_do`` in Asterisk's main/manager.c."""
    if not line:
        return error(_CHECK, *_hung_up(peer))
    match = _BANNER.fullmatch(line)
    if match is None:
        return error(_CHECK, *_stranger(peer, line))
    version = match["version"].decode()
    found = f"AMI {version} · {peer}"
    if int(match["major"]) < _OLDEST_AMI:
        return warning(
            "ami-version",
            (f"{found}：协议版本太旧", f"{found}: an old protocol version"),
            ("请使用 Asterisk 20.11+ 或 22.1+。", "Use Asterisk 20.11 or later, or 22.1 or later."),
        )
    return ok(_CHECK, f"已连通：{found}", f"Reached: {found}")


def _unreachable(peer: Peer, failure: OSError | TimeoutError) -> tuple[Pair, Pair]:
    if isinstance(failure, ssl.SSLCertVerificationError):
        return _untrusted(peer, failure)
    if isinstance(failure, ssl.SSLError):
        return _no_tls(peer)
    if isinstance(failure, socket.gaierror):
        return (
            (f"主机名无法解析：{peer.host}", f"The host name cannot be resolved: {peer.host}"),
            ("检查 site.toml 的 pbx.ami.host，或写 IP 地址。", "Check pbx.ami.host in site.toml, or write an address."),
        )
    if isinstance(failure, ConnectionRefusedError):
        return _refused(peer)
    if isinstance(failure, TimeoutError):
        return (
            (f"{peer} 没有回应", f"{peer} does not answer"),
            (
                "检查地址和防火墙：AMI 端口要对本机开放。",
                "Check the address and the firewall: the AMI port must be open to this machine.",
            ),
        )
    words = failure.strerror or type(failure).__name__
    return (
        (f"无法连接 {peer}：{words}", f"No connection to {peer}: {words}"),
        ("检查网络和 site.toml 的 pbx.ami。", "Check the network, and pbx.ami in site.toml."),
    )


def _refused(peer: Peer) -> tuple[Pair, Pair]:
    return (
        (f"{peer} 拒绝连接：那里没有程序在监听", f"{peer} refuses: nothing listens there"),
        (
            "启动 Asterisk；在 manager.conf 里 enabled=yes，并核对 bindaddr 和 port。",
            "Start Asterisk; in manager.conf say enabled=yes, and compare bindaddr and port with site.toml.",
        ),
    )


def _untrusted(peer: Peer, failure: ssl.SSLCertVerificationError) -> tuple[Pair, Pair]:
    return (
        (f"{peer} 的证书不可信：{failure.verify_message}", f"The certificate of {peer} is not trusted"),
        (
            "证书要写明 pbx.ami.host 的名称或地址；本机的 pbx.ami.tls_cert 要是它，或签发它的机构。",
            "It must be made for the name or address in pbx.ami.host; pbx.ami.tls_cert here must be it, or its issuer.",
        ),
    )


def _no_tls(peer: Peer) -> tuple[Pair, Pair]:
    return (
        (f"{peer} 不能建立 TLS", f"TLS with {peer} fails"),
        (
            "pbx.ami.port 应为 TLS 端口（Asterisk 默认 5039，tlsenable=yes）；否则设 pbx.ami.tls = false。",
            "pbx.ami.port must be the TLS port (5039 by default, tlsenable=yes); or set pbx.ami.tls = false.",
        ),
    )


def _silent(peer: Peer) -> tuple[Pair, Pair]:
    return (
        (f"{peer} 接受连接但不出声", f"{peer} accepts the connection and says nothing"),
        (
            "若这是 TLS 端口，设 pbx.ami.tls = true；否则 Asterisk 可能已挂死，请看它的日志。",
            "If this is the TLS port, set pbx.ami.tls = true; else Asterisk may hang: read its log.",
        ),
    )


def _hung_up(peer: Peer) -> tuple[Pair, Pair]:
    return (
        (f"{peer} 立即断开", f"{peer} hangs up at once"),
        (
            "可能未登录的连接太多（manager.conf 的 authlimit），或中间有代理；稍后再试。",
            "Perhaps too many connections that did not log in (authlimit in manager.conf), or a proxy; try again.",
        ),
    )


def _stranger(peer: Peer, line: bytes) -> tuple[Pair, Pair]:
    said = line[:40].decode("ascii", "replace").encode("ascii", "backslashreplace").decode().strip()
    said = "".join(char if char.isprintable() else "?" for char in said)
    return (
        (f"{peer} 不是 AMI，它说：{said}", f"{peer} does not speak AMI; it says: {said}"),
        (
            "核对 pbx.ami.port：AMI 默认 5038，不是 SIP（5060）或网页端口。",
            "Check pbx.ami.port: AMI is 5038 by default, not the port of SIP (5060) or of a web server.",
        ),
    )
