"""A log folder, an agent that serves it, and a link between it and its reader."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.journal.agent.keys import keys_in, make_keys
from telephony.journal.remote import RemoteLogs
from tests.integration.journal_agent.host import Agent, Host, Wire
from tests.unit.telephony.journal.pens import HeldPen, Pen
from zhitong.lab.ports import Ports, reserve


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    make_keys(folder, ["127.0.0.1"])
    return folder


@pytest.fixture(scope="session")
def ports() -> Iterator[Ports]:
    """An agent that is started again needs its port to be free still."""
    with reserve(500) as block:
        yield block


@pytest.fixture
def port(ports: Ports) -> Iterator[int]:
    taken = ports.take()
    yield taken
    ports.give(taken)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine an answer may take its time; who tests impatience says so."""
    monkeypatch.setattr("telephony.journal.remote_link.SILENCE_S", 60.0)
    monkeypatch.setattr("telephony.journal.remote_link.ANSWER_S", 90.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "asterisk"
    (made / "cel-custom").mkdir(parents=True)
    (made / "cdr-custom").mkdir()
    return made


@pytest.fixture
def pen(folder: Path) -> Pen:
    return Pen(folder / "cel-custom" / "zhitong-cel.csv")


@pytest.fixture
def held(folder: Path) -> Iterator[HeldPen]:
    pen = HeldPen(folder / "queue_log")
    yield pen
    pen.close()


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as made:
        yield made


@pytest.fixture
def agent(host: Host, folder: Path, keys: Path, port: int) -> Iterator[Agent]:
    made = Agent(host, folder, keys, port)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def wire(host: Host, agent: Agent) -> Iterator[Wire]:
    made = Wire(host, lambda: agent.port)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def token(keys: Path) -> str:
    return keys_in(keys).token.read_text(encoding="ascii").strip()


@pytest.fixture
def logs(agent: Agent, keys: Path, token: str) -> Iterator[RemoteLogs]:
    made = RemoteLogs(f"https://127.0.0.1:{agent.port}", token, keys_in(keys).certificate)
    yield made
    made.close()


@pytest.fixture
def logs_by_wire(wire: Wire, keys: Path, token: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[RemoteLogs]:
    """The link may break, and is tried again at once."""
    for name in ("FIRST_PAUSE_S", "LAST_PAUSE_S", "REFUSED_PAUSE_S"):
        monkeypatch.setattr(f"telephony.journal.remote_link.{name}", 0.0)
    made = RemoteLogs(f"https://127.0.0.1:{wire.port}", token, keys_in(keys).certificate)
    yield made
    made.close()
