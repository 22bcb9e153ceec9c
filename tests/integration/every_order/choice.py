"""Which orders are played: every one of three steps that the table allows from wherever a call may be, one for each
distinct path of standings."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise

from telephony.conference.phases import Phase
from telephony.conference.table import Deed, Input, Spot
from telephony.conference.walk import Path, Standing, after, inputs

TALK = Standing()
TIME = frozenset({Deed.LIMIT, Deed.RINGS_OUT, Deed.NOT_COMING})


def orders(known: Iterable[Input], depth: int = 3) -> list[Path]:
    """Each with the shortest way that leads to where it begins; of several inputs between the same two standings the
    one that was taken least so far. Of two of which one is how the other begins the longer is enough."""
    known = frozenset(known)
    used = Counter[Input]()
    found: dict[tuple[Standing, ...], Path] = {}
    for begin, way in ways(known).items():
        for standings in _paths(begin, known, depth):
            path = way + _chosen((begin, *standings), known, used)
            found.setdefault(tuple(then for _, then in path), path)
    begun = {standings[:length] for standings in found for length in range(len(standings))}
    return [path for standings, path in found.items() if standings not in begun]


def ways(known: frozenset[Input]) -> dict[Standing, Path]:
    """The shortest way to each standing in which anything may be done by an agent's will or against it."""
    found: dict[Standing, Path] = {TALK: ()}
    ahead = [TALK]
    while ahead:
        now = ahead.pop(0)
        for given, then in _steps(now, known).items():
            if then not in found and isinstance(then.stage, Phase):
                found[then] = (*found[now], (given, then))
                ahead.append(then)
    return found


@cache
def _steps(now: Standing, known: frozenset[Input]) -> Mapping[Input, Standing]:
    return {given: after(now, given) for given in inputs(now) if given in known and _in_time(now, given)}


def _in_time(now: Standing, given: Input) -> bool:
    """Time would do the same for everybody who is rung, and sooner than end a hold."""
    rung = now.count(Spot.RUNG, Spot.CALLED_IN)
    return given not in TIME or rung == (0 if given is Deed.LIMIT else 1)


def _paths(begin: Standing, known: frozenset[Input], depth: int) -> Iterator[tuple[Standing, ...]]:
    """Distinct sequences of standings."""
    followers = list(dict.fromkeys(_steps(begin, known).values())) if depth else []
    if not followers:
        yield ()
    for then in followers:
        for rest in _paths(then, known, depth - 1):
            yield (then, *rest)


def _chosen(standings: tuple[Standing, ...], known: frozenset[Input], used: Counter[Input]) -> Path:
    path: list[tuple[Input, Standing]] = []
    for now, then in pairwise(standings):
        given = min((one for one, led in _steps(now, known).items() if led == then), key=lambda one: used[one])
        used[given] += 40 if given in TIME else 1
        path.append((given, then))
    return tuple(path)


def is_hasty(path: Path) -> bool:
    """Whether time does something in it."""
    return any(given in TIME for given, _ in path)


def sample(paths: list[Path], count: int, seed: int) -> list[Path]:
    """Some of them, of three steps or more, another each time the seed changes."""
    return random.Random(seed).sample([path for path in paths if len(path) >= 3 and not is_hasty(path)], count)
