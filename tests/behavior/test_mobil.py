"""Lane-change incentives of MOBIL."""

from simengine.behavior.idm import idm_acceleration
from simengine.behavior.mobil import SAFE_DECELERATION, THRESHOLD, is_safe, lane_change_incentive


def _follow(speed, gap, approach_rate):
    return idm_acceleration(speed, 33.0, gap, approach_rate, 1.4, 2.0, 1.5, 2.0, 4.0)


def test_slow_leader_makes_the_free_lane_attractive():
    gain = lane_change_incentive(_follow(25.0, 30.0, 5.0), _follow(25.0, 1e9, 0.0), 0.0, 0.0, 0.0, 0.0, 0.5)
    assert gain > THRESHOLD


def test_politeness_counts_what_the_new_follower_loses():
    own_now, own_after = _follow(25.0, 30.0, 3.0), _follow(25.0, 60.0, 0.0)
    before, after = _follow(30.0, 80.0, 0.0), _follow(30.0, 15.0, 5.0)
    selfish = lane_change_incentive(own_now, own_after, before, after, 0.0, 0.0, 0.0)
    polite = lane_change_incentive(own_now, own_after, before, after, 0.0, 0.0, 1.0)
    assert selfish > THRESHOLD > polite


def test_no_change_gains_nothing():
    assert lane_change_incentive(0.3, 0.3, -0.2, -0.2, 0.1, 0.1, 0.7) == 0.0


def test_unsafe_for_the_new_follower_is_refused():
    assert is_safe(-1.0, -3.9, SAFE_DECELERATION)
    assert not is_safe(-1.0, -4.1, SAFE_DECELERATION)
    assert not is_safe(-4.1, 0.0, SAFE_DECELERATION)
