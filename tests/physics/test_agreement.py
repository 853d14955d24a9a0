"""The two physics against each other, where the tyre is in its linear range."""

import pytest

pytest.importorskip("pybullet")

from tools.checks import agreement  # noqa: E402


def test_braking_distances_agree() -> None:
    batched, bullet = agreement.braking_distances()
    assert batched == pytest.approx(bullet, rel=0.03)


def test_steady_cornering_agrees() -> None:
    batched, bullet = agreement.cornering_rates()
    assert batched == pytest.approx(bullet, rel=0.05)


def test_a_lane_change_agrees() -> None:
    batched, bullet, apart = agreement.lane_changes()
    assert batched > 1.3 and batched == pytest.approx(bullet, rel=0.06)
    assert apart < 0.06 * batched
