"""When to change lane: Minimizing Overall Braking Induced by Lane changes.

Kesting, Treiber, Helbing, "General lane-changing model MOBIL for car-following models", Transp. Res. Rec. 1999 (2007)
86; thresholds of its Table 1.
"""

from numba import njit

THRESHOLD = 0.1  # Δa_th [m/s²]
SAFE_DECELERATION = 4.0  # b_safe [m/s²]
BIAS = 0.3  # a_bias towards the slow lane [m/s²]


@njit(cache=True, _nrt=False)
def lane_change_incentive(
    own_now: float,
    own_after: float,
    new_follower_now: float,
    new_follower_after: float,
    old_follower_now: float,
    old_follower_after: float,
    politeness: float,
) -> float:
    """Return what a lane change gains [m/s²]: own advantage plus politeness times that of both followers.

    Change when it exceeds `THRESHOLD`, plus `BIAS` away from and minus `BIAS` towards the slow lane.

    Args:
        own_now: Own acceleration in the present lane [m/s²].
        own_after: Own acceleration behind the new leader [m/s²].
        new_follower_now: Of the follower in the target lane, before [m/s²]; 0 with `new_follower_after` 0 if none.
        new_follower_after: Of that follower, behind us [m/s²].
        old_follower_now: Of the follower in the present lane, behind us [m/s²].
        old_follower_after: Of that follower, once we are gone [m/s²].
        politeness: p, 0 selfish .. 1 altruistic.
    """
    others = (new_follower_after - new_follower_now) + (old_follower_after - old_follower_now)
    return (own_after - own_now) + politeness * others


@njit(cache=True, _nrt=False)
def is_safe(own_after: float, new_follower_after: float, safe_deceleration: float) -> bool:
    """Return whether neither we nor the new follower would have to brake harder than `safe_deceleration` [m/s²]."""
    return own_after >= -safe_deceleration and new_follower_after >= -safe_deceleration
