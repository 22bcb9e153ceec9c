"""One reader of the feed, and all desktops that are told of it.

Each desktop gets what it may see, in order; what one does not read waits for that one alone, up to a limit. Then it is
told so and closed, and goes on from its last position when it comes again.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog

from agent_bridge.audience import Watchers
from agent_bridge.desktop import Desktop
from agent_bridge.shelf import Entry, Shelf
from agent_bridge.views import View, scope_of, view_of
from agent_bridge.wire import messages
from agent_bridge.wire.envelope import encode, notification
from telephony.live.documents import Delta
from telephony.live.port import Feed, Position, PositionGone, UpstreamLost

log = structlog.get_logger(__name__)

Tell = Callable[[Iterable[Desktop], str], None]
FIRST_PAUSE_S, LAST_PAUSE_S = 0.2, 5.0
REACH_S = 1.0
RECALL_S = 5.0
"""For what came before this gateway was there. Whoever comes with such a position waits no longer for it."""


class Hub:
    """``tell`` sends one text to desktops. ``kept``: how many deltas are remembered. ``on_take`` is shown each delta
    after its desktops were told."""

    def __init__(self, feed: Feed, tell: Tell, kept: int) -> None:
        self.shelf = Shelf(kept)
        self.watchers: Watchers[Desktop] = Watchers()
        self.upstream = False
        """Whether the feed is heard."""
        self.known = asyncio.Event()
        """Set when there is any state."""
        self.on_take: Callable[[Delta], object] = lambda _delta: None
        self._feed = feed
        self._tell = tell
        self._recalling = asyncio.Lock()
        self._behind: set[asyncio.Event] = set()
        self._reread = True
        self._pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self) -> None:
        """Follow the feed until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                await self._follow()
            except PositionGone:
                self._reread = True
                if self.upstream:
                    pause = FIRST_PAUSE_S
                    continue
            except UpstreamLost as error:
                pause = FIRST_PAUSE_S if self.upstream else min(2 * pause, LAST_PAUSE_S)
                self._lose(str(error))
            await self._pause(pause * random.uniform(0.5, 1.0))

    async def _follow(self) -> None:
        if self._reread or not self.upstream:
            # Read even when we could go on where we were: it tells that somebody answers.
            snapshot = await self._feed.snapshot()
            if self._reread:
                self.shelf.fill(snapshot)
                self._reread = False
                self.known.set()
                self._tell_all_anew()
            self._find()
        async for batch in self._feed.deltas(self.shelf.position):
            self.take(batch)

    def _lose(self, why: str) -> None:
        if self.upstream:
            log.warning("upstream lost", why=why)
            self.upstream = False
            self._tell_upstream("lost")

    def _find(self) -> None:
        if not self.upstream:
            log.info("upstream is heard", epoch=self.shelf.position.epoch, sequence=self.shelf.position.sequence)
            self.upstream = True
            self._tell_upstream("back")

    def _tell_upstream(self, state: str) -> None:
        said = messages.Upstream(state="lost" if state == "lost" else "back")
        self._tell(self.watchers.everyone, notification("upstream", said))

    def _tell_all_anew(self) -> None:
        for desktop in list(self.watchers.everyone):
            self.tell_all(desktop)

    def tell_all(self, desktop: Desktop) -> None:
        """Send all documents as a notification."""
        self._tell((desktop,), self._snapshot_text(desktop))

    def _snapshot_text(self, desktop: Desktop) -> str:
        text = f'{{"jsonrpc":"2.0","method":"snapshot","params":{self.state_of(desktop)}}}'
        desktop.allowance += len(text)
        return text

    def state_of(self, desktop: Desktop) -> str:
        """All that this desktop may see: a ``wire.messages.State`` in JSON."""
        epoch, sequence = self.shelf.position
        return f'{{"epoch":{epoch},"sequence":{sequence},"documents":{self.documents_of(desktop)}}}'

    def documents_of(self, desktop: Desktop) -> str:
        """The documents that this desktop may see, in JSON."""
        return encode(dict(self.shelf.seen_by(desktop.who))).decode()

    # --- deltas ---------------------------------------------------------------------------------------

    def take(self, deltas: Sequence[Delta]) -> None:
        """Tell whoever may see them."""
        for delta in deltas:
            self._fan_out(self.shelf.take(delta))
            self.on_take(delta)
        for waiting in self._behind:
            waiting.set()

    def _fan_out(self, entry: Entry) -> None:
        delta = entry.delta
        now: set[Desktop] = set()
        if entry.item is not None:
            now = self.watchers.find(entry.kind, delta.audience)
            self._tell_of(entry, now)
        gone = self.watchers.find(entry.kind, delta.before) - now
        if gone:
            self._tell(gone, entry.text(None))

    def _tell_of(self, entry: Entry, desktops: set[Desktop]) -> None:
        assert entry.item is not None
        document = entry.item.document
        full = {desktop for desktop in desktops if view_of(desktop.who, document) is View.FULL}
        if full:
            self._tell(full, entry.text(View.FULL))
        if not entry.unseen and (masked := desktops - full):
            self._tell(masked, entry.text(View.MASKED))

    # --- who comes and goes ---------------------------------------------------------------------------

    async def reach(self, position: Position) -> None:
        """Wait a moment for this position: whoever comes from another gateway may be a little ahead of this one."""
        moved = asyncio.Event()
        self._behind.add(moved)
        try:
            async with asyncio.timeout(REACH_S):
                while self.shelf.position < position and self.upstream:
                    moved.clear()
                    await moved.wait()
        except TimeoutError:
            return
        finally:
            self._behind.discard(moved)

    async def recall(self, position: Position) -> None:
        """Have what came after this position remembered, if the feed still has it."""
        async with self._recalling:
            floor = self.shelf.floor
            if not self.shelf.known or position >= floor or position.epoch < 0:
                return
            try:
                async with asyncio.timeout(RECALL_S):
                    found = await self._read_until(position, floor)
            except (PositionGone, UpstreamLost, TimeoutError):
                return
            if self.shelf.floor == floor:
                self.shelf.remember(found, position)

    async def _read_until(self, position: Position, floor: Position) -> list[Delta]:
        found: list[Delta] = []
        async for batch in self._feed.deltas(position):
            found += [delta for delta in batch if Position(delta.epoch, delta.sequence) <= floor]
            if (batch[-1].epoch, batch[-1].sequence) >= floor:
                break
        return found

    def missed(self, desktop: Desktop, position: Position | None, scope: str) -> list[str] | None:
        """What this desktop, which saw by this scope, is told of what came after; None: it must read all."""
        if position is None or scope != scope_of(desktop.who):
            return None
        entries = self.shelf.since(position)
        if entries is None:
            return None
        return [text for entry in entries if (text := entry.told(desktop.who)) is not None]

    def join(self, desktop: Desktop) -> bool:
        """From now on it is told. Returns whether it is its agent's first one here."""
        agent = desktop.who.agent
        first = agent is not None and not self.watchers.of_agent(agent)
        self.watchers.add(desktop)
        return first

    def leave(self, desktop: Desktop) -> bool:
        """It is told no more. Returns whether it was its agent's last one here."""
        if desktop not in self.watchers.everyone:
            return False
        self.watchers.remove(desktop)
        agent = desktop.who.agent
        return agent is not None and not self.watchers.of_agent(agent)
