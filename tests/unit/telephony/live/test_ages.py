"""Ages of events, in classes."""

import random

import pytest

from telephony.live.ages import UP_TO_MS, Ages, up_to_ms
from telephony.model.ids import Micros


def of(*ages_ms: float) -> list[int]:
    ages = Ages()
    for age in ages_ms:
        ages.add(Micros(round(1_000 * age)))
    return ages.counts


def test_a_bound_belongs_to_its_class() -> None:
    assert up_to_ms(of(10.0), 0.99) == 10
    assert up_to_ms(of(10.001), 0.99) == 12


def test_of_none_it_is_nothing_and_beyond_the_last_it_is_said_so() -> None:
    assert up_to_ms(of(), 0.99) == 0
    assert up_to_ms(of(1_001.0), 0.5) == float("inf")


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99, 1.0])
def test_never_below_the_true_percentile_and_never_a_class_above(share: float) -> None:
    dice = random.Random(7)
    for _ in range(50):
        ages = sorted(dice.lognormvariate(1.0, 1.2) for _ in range(dice.randrange(1, 400)))
        true = ages[max(0, -(-round(share * 1_000_000) * len(ages) // 1_000_000) - 1)]
        found = up_to_ms(of(*ages), share)
        assert found == next((bound for bound in UP_TO_MS if true <= bound), float("inf"))
