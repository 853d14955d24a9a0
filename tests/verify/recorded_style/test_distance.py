import math

import numpy as np
import pytest

from simengine.verify.recorded_style.distance import (
    between,
    change_rate,
    floors,
    halves,
    rate_floor,
    vehicle_floors,
    wasserstein,
)
from simengine.verify.recorded_style.quantities import RATE, Quantity, Traffic


def _traffic(values, changes=0, watched=60.0):
    owner = np.zeros(len(values), np.int32)
    return Traffic(
        {"speed": Quantity(np.array(values, float), owner)}, np.array([changes], np.int32), np.array([watched]),
        np.zeros((0, 3)),
    )  # fmt: skip


def test_distance_of_shifted_samples_is_the_shift():
    values = np.random.default_rng(1).normal(size=500)
    assert wasserstein(values, values + 0.7) == pytest.approx(0.7)
    assert wasserstein(values, values) == 0.0


def test_distance_is_that_of_quantile_functions():
    # E|F⁻¹ − G⁻¹| of U(0, 1) and U(0, 3) is ∫ 2u du = 1; samples of different numbers.
    a, b = (np.arange(4000) + 0.5) / 4000, 3.0 * (np.arange(1000) + 0.5) / 1000
    assert wasserstein(a, b) == pytest.approx(1.0, abs=2e-3)
    assert wasserstein(np.array([0.0, 1.0]), np.array([0.5])) == 0.5


def test_distance_to_nothing_is_no_number():
    assert math.isnan(wasserstein(np.zeros(0), np.ones(3)))


@pytest.mark.parametrize(("count", "number"), [(2, 1), (3, 3), (4, 3), (5, 10), (11, 462)])
def test_every_split_is_looked_at_once(count, number):
    parts = halves(count, np.random.default_rng(0))
    assert len(parts) == number == len({frozenset((tuple(a), tuple(b))) for a, b in parts})
    assert all(sorted(a + b) == list(range(count)) and abs(len(a) - len(b)) <= 1 for a, b in parts)


def test_many_splits_are_drawn():
    parts = halves(40, np.random.default_rng(0), 70)
    assert len(parts) == 70
    assert all(len(a) == 20 and not set(a) & set(b) for a, b in parts)


def test_one_recording_has_no_halves():
    assert len(floors([_traffic([1.0])], "speed", np.random.default_rng(0))) == 0


def test_floor_is_the_distance_between_halves_of_recordings():
    found = floors([_traffic([0.0]), _traffic([1.0]), _traffic([5.0])], "speed", np.random.default_rng(0))
    assert sorted(found) == [2.5, 3.0, 4.5]  # 1 against {0, 5}: 0.5 + 2; 0 against {1, 5}; 5 against {0, 1}


def test_vehicles_of_one_recording_make_halves():
    samples = Quantity(np.array([0.0, 0.0, 2.0]), np.array([3, 3, 8], np.int32))
    one = Traffic({"speed": samples}, np.zeros(9, np.int32), np.ones(9), np.zeros((0, 3)))
    assert vehicle_floors([one], "speed", np.random.default_rng(0)).tolist() == [2.0]


def test_rates_are_per_vehicle_and_minute():
    assert change_rate([_traffic([1.0], changes=3, watched=90.0), _traffic([1.0], watched=30.0)]) == 1.5
    assert between([_traffic([1.0], changes=3)], [_traffic([1.0], changes=1)], RATE) == 2.0


@pytest.mark.parametrize("changes", [0, 7, 40])
def test_rate_floor_is_the_mean_difference_of_random_halves(changes):
    random = np.random.default_rng(2)
    half = 0.5 * (changes + 0.5)
    drawn = np.abs(random.poisson(half, 400_000) - random.poisson(half, 400_000)).mean()
    assert rate_floor([_traffic([1.0], changes=changes, watched=120.0)]) == pytest.approx(drawn, rel=0.01)
