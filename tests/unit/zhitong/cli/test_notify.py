"""sd_notify(3): one datagram to whom NOTIFY_SOCKET names, and no harm when there is nobody."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhitong.cli.notify import notify


@pytest.fixture
def manager() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.settimeout(5)
        yield listening


def test_a_socket_with_a_path(tmp_path: Path, manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "notify"
    manager.bind(str(path))
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    assert notify("READY=1")
    assert manager.recv(100) == b"READY=1"


def test_an_abstract_socket(manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    manager.bind(f"\0zhitong-test-{os.getpid()}")
    monkeypatch.setenv("NOTIFY_SOCKET", f"@zhitong-test-{os.getpid()}")
    assert notify("STATUS=连接中")
    assert manager.recv(100).decode() == "STATUS=连接中"


@pytest.mark.parametrize("address", ["", "@zhitong-nobody-listens", "/nosuch/socket", "x" * 300])
def test_nobody_there(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert not notify("READY=1")


def test_no_service_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")


def test_a_manager_who_does_not_read_does_not_stop_us(
    tmp_path: Path, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its queue is full: the word is lost, and we go on."""
    path = tmp_path / "notify"
    manager.bind(str(path))
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    sent = 0
    while notify("WATCHDOG=1") and sent < 100_000:
        sent += 1
    assert 0 < sent < 100_000
