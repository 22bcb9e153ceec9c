"""Ports that nobody else has: other labs, other processes, other programs."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from telephony.errors import LabError
from zhitong.lab.ports import is_bound, is_free, reserve

HOST = "127.0.0.9"
"""Not where other labs of this machine live: these tests try ports that a lab next door may be about to bind."""


def test_a_block_is_one_piece_and_its_parts_do_not_meet(tmp_path: Path) -> None:
    with reserve(1000, host=HOST, locks=tmp_path) as ports:
        named = [ports.sip, ports.ami, ports.http, ports.bridge, ports.ops, ports.agents]
        taken = [ports.take() for _ in range(20)]
        everything = [*named, *taken, *ports.rtp]
        assert len(everything) == len(set(everything))
        assert set(everything) <= set(ports.block)
        assert len(ports.block) == 1000
        assert len(ports.rtp) >= 900


def test_a_count_is_rounded_up_never_down(tmp_path: Path) -> None:
    with reserve(1001, host=HOST, locks=tmp_path) as ports:
        assert len(ports.block) >= 1001


def test_blocks_stay_below_the_ports_the_kernel_gives_away(tmp_path: Path) -> None:
    given_away = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    with reserve(500, host=HOST, locks=tmp_path) as ports:
        assert ports.block.stop <= max(given_away, 32768)


def test_two_blocks_of_one_process_do_not_overlap(tmp_path: Path) -> None:
    with reserve(500, host=HOST, locks=tmp_path) as first, reserve(500, host=HOST, locks=tmp_path) as second:
        assert not set(first.block) & set(second.block)


def test_a_block_comes_back_when_closed(tmp_path: Path) -> None:
    with reserve(500, host=HOST, locks=tmp_path) as first:
        block = first.block
    with reserve(500, host=HOST, locks=tmp_path) as second:
        assert second.block == block


RESERVE_AND_WAIT = """
import sys
from pathlib import Path
from zhitong.lab.ports import reserve
ports = reserve(500, host="127.0.0.9", locks=Path(sys.argv[1]))
print(ports.sip, flush=True)
sys.stdin.read()
"""


def test_processes_side_by_side_get_different_blocks_and_a_killed_one_frees_its_own(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RESERVE_AND_WAIT, str(tmp_path)]
    others = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    try:
        firsts = {int(other.stdout.readline()) for other in others if other.stdout}
        assert len(firsts) == 4
    finally:
        for other in others:
            other.kill()
            other.communicate()
    # What the kernel freed at their death may be had again: every block of the whole range.
    held = []
    try:
        with pytest.raises(LabError, match="stop a lab"):
            while True:
                held.append(reserve(500, host=HOST, locks=tmp_path))
        assert firsts <= {ports.sip for ports in held} | busy_starts(firsts)
    finally:
        for ports in held:
            ports.close()


def busy_starts(firsts: set[int]) -> set[int]:
    """Blocks in which a program that knows no locks (another lab's, with its own lock directory) sits just now."""
    return {first for first in firsts if not all(is_free(HOST, port) for port in range(first, first + 500))}


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_block_with_a_port_in_use_is_passed_over(tmp_path: Path, kind: socket.SocketKind) -> None:
    with reserve(500, host=HOST, locks=tmp_path) as probe:
        inside = probe.block[250]
    with socket.socket(socket.AF_INET, kind) as squatter:
        squatter.bind((HOST, inside))
        if kind is socket.SOCK_STREAM:
            squatter.listen()
        with reserve(500, host=HOST, locks=tmp_path) as ports:
            assert inside not in ports.block


def test_ports_are_given_out_once_and_in_a_row(tmp_path: Path) -> None:
    with reserve(500, host=HOST, locks=tmp_path) as ports:
        first = ports.take(5)
        second = ports.take(5)
        assert not set(range(first, first + 5)) & set(range(second, second + 5))
        ports.give(first, 5)
        assert ports.take(5) == first


def test_when_all_are_taken_it_says_so(tmp_path: Path) -> None:
    with reserve(500, host=HOST, locks=tmp_path) as ports, pytest.raises(LabError, match="all are taken"):
        for _ in range(200):
            ports.take()


def test_an_address_of_another_machine_is_told(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="address of this machine"):
        reserve(500, host="192.0.2.1", locks=tmp_path)


def test_is_free(tmp_path: Path) -> None:
    with reserve(500, host=HOST, locks=tmp_path) as ports, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((HOST, ports.sip))
        assert not is_free(HOST, ports.sip)
        assert is_free(HOST, ports.ami)


@pytest.mark.parametrize("host", [HOST, "::1"])
def test_is_bound(host: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as somebody:
        try:
            somebody.bind((host, 0))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        port = somebody.getsockname()[1]
        assert is_bound(host, port)
        assert not is_bound("127.0.0.8", port)
    assert not is_bound(host, port)


def test_looking_whether_a_port_is_bound_never_stands_in_the_way(tmp_path: Path) -> None:
    """A program that binds while somebody waits for it must not find its port taken by who waits."""
    with reserve(500, host=HOST, locks=tmp_path) as ports:
        waiter = (
            "import sys\nfrom zhitong.lab.ports import is_bound\nprint(flush=True)\n"
            f"while True: is_bound({HOST!r}, {ports.agents})"
        )
        waiting = subprocess.Popen([sys.executable, "-c", waiter], stdout=subprocess.PIPE)
        try:
            assert waiting.stdout is not None
            waiting.stdout.readline()
            for _ in range(3000):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
                    somebody.bind((HOST, ports.agents))
        finally:
            waiting.kill()
            waiting.communicate()
