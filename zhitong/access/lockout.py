"""Who guesses passwords waits, longer with each failure: per account, per address, and per both together."""

import functools
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from zhitong.access.refused import NotNow

KEPT = 10_000
"""Accounts, addresses, and pairs that are remembered of each; the one that was quiet longest is forgotten first."""


class Rule(NamedTuple):
    """After ``free`` failures each further one doubles the wait, from ``first_s`` to ``most_s``. Failures are forgotten
    when there was none for ``forget_s``."""

    free: int
    first_s: float
    most_s: float = 900.0
    forget_s: float = 3600.0

    def wait(self, failures: int) -> float:
        return 0.0 if failures < self.free else min(self.most_s, self.first_s * 2.0 ** min(failures - self.free, 30))


class Rules(NamedTuple):
    """``pair``: one account from one address. ``account``: from all, so it is wider: else anybody could lock out an
    agent. ``address``: with any accounts; a whole office may be behind one."""

    pair: Rule = Rule(free=5, first_s=5.0)
    account: Rule = Rule(free=20, first_s=30.0)
    address: Rule = Rule(free=30, first_s=5.0)


class _Failures(msgspec.Struct):
    count: int = 0
    last: float = 0.0
    before: float = 0.0  # when the one before the last was, should the last be taken back


class Lockout:
    """``clock``: monotonic seconds. Kept in memory: a restart forgets, and costs an attacker's patience nothing that
    matters, since a restart is rarer than the waits are long."""

    def __init__(
        self, rules: Rules | None = None, clock: Callable[[], float] = time.monotonic, kept: int = KEPT
    ) -> None:
        self._rules, self._clock, self._kept = rules or Rules(), clock, kept
        self._pairs: OrderedDict[str, _Failures] = OrderedDict()
        self._accounts: OrderedDict[str, _Failures] = OrderedDict()
        self._addresses: OrderedDict[str, _Failures] = OrderedDict()
        self._at_home: OrderedDict[str, None] = OrderedDict()
        """Pairs that signed in before. What strangers do elsewhere, or others behind the same address, locks nobody out
        of the desk they sit at."""

    def begin(self, account: str, address: str) -> None:
        """A try begins, and counts as a failure until it is known to be none: of a hundred that come at once no more
        are let through than of those that come one after another. Raises NotNow while it is locked."""
        if (wait := self._wait(account, address)) > 0:
            raise NotNow(wait)
        self._add(self._pairs, _pair(account, address))
        self._add(self._accounts, account)

    def failed(self, account: str, address: str) -> bool:
        """The password was wrong; whether one has to wait now."""
        self._add(self._addresses, network(address))
        return self._wait(account, address) > 0

    def withdrawn(self, account: str, address: str) -> None:
        """Whether it was right was never looked at."""
        for table, key in ((self._pairs, _pair(account, address)), (self._accounts, account)):
            if (failures := table.get(key)) is not None:
                failures.count, failures.last = max(0, failures.count - 1), failures.before

    def succeeded(self, account: str, address: str) -> None:
        """The password was right: the pair's failures are forgotten; those of others are not."""
        pair = _pair(account, address)
        self.withdrawn(account, address)
        self._pairs.pop(pair, None)
        self._at_home[pair] = None
        self._at_home.move_to_end(pair)
        if len(self._at_home) > self._kept:
            self._at_home.popitem(last=False)

    def _wait(self, account: str, address: str) -> float:
        pair = _pair(account, address)
        held = [(self._rules.pair, self._pairs.get(pair))]
        if pair not in self._at_home:
            held.append((self._rules.account, self._accounts.get(account)))
            held.append((self._rules.address, self._addresses.get(network(address))))
        return max(self._left(rule, each) for rule, each in held)

    def _left(self, rule: Rule, failures: _Failures | None) -> float:
        if failures is None or self._clock() - failures.last >= rule.forget_s:
            return 0.0
        return failures.last + rule.wait(failures.count) - self._clock()

    def _add(self, table: OrderedDict[str, _Failures], key: str) -> None:
        now, failures = self._clock(), table.setdefault(key, _Failures())
        if now - failures.last >= self._rules.pair.forget_s:
            failures.count = 0
        failures.count, failures.before, failures.last = failures.count + 1, failures.last, now
        table.move_to_end(key)
        if len(table) > self._kept:
            table.popitem(last=False)


def _pair(account: str, address: str) -> str:
    return f"{network(address)} {account}"


@functools.lru_cache(1024)
def network(address: str) -> str:
    """Whose address it is: of IPv6 the first 64 bits, since who has one of these has all that begin alike (RFC 4291
    §2.5.4); what is no address stays as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))


class Pace:
    """So many requests from one address, whatever they ask: ``burst`` at once, then ``per_s``."""

    def __init__(
        self,
        per_s: float = 5.0,
        burst: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        kept: int = KEPT,
    ) -> None:
        self._per_s, self._burst, self._clock, self._kept = per_s, burst, clock, kept
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Raises NotNow when it was too many."""
        now, address = self._clock(), network(address)
        left, at = self._left.get(address, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_s)
        if left < 1.0:
            raise NotNow((1.0 - left) / self._per_s)
        self._left[address] = (left - 1.0, now)
        self._left.move_to_end(address)
        if len(self._left) > self._kept:
            self._left.popitem(last=False)
