import numpy as np

from simengine.verify.recorded_style.search import fold, minimize, population


def _valley(x):
    return float(((x - np.array([0.2, 0.7, 0.5, 0.9])) ** 2 * np.array([1.0, 100.0, 1.0, 10.0])).sum())


def test_search_finds_the_minimum_of_a_stretched_valley():
    found = minimize(_valley, np.full(4, 0.5), 0.2, 60, np.random.default_rng(1))
    assert found.value < 1e-4
    assert found.tried == 1 + 60 * population(4)
    assert _valley(found.point) == found.value


def test_search_is_the_same_for_the_same_draws():
    one, two = (minimize(_valley, np.full(4, 0.5), 0.2, 5, np.random.default_rng(3)) for _ in range(2))
    assert (one.point == two.point).all()


def test_search_stays_within_bounds():
    seen = []
    minimize(lambda x: seen.append(x.copy()) or -float(x.sum()), np.full(3, 0.9), 0.5, 20, np.random.default_rng(1))
    assert np.min(seen) >= 0.0
    assert np.max(seen) <= 1.0


def test_fold_reflects():
    assert np.allclose(fold(np.array([-0.2, 0.3, 1.1, 2.4])), [0.2, 0.3, 0.9, 0.4])
