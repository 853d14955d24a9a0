"""Who follows whom and who changes lane: the IDM and MOBIL of `simengine.behavior` over the ring.

One departure, for speed: a driver weighs a lane change once a second and only when hindered.
"""

import math

from numba import njit

from simengine.behavior.idm import EXPONENT, idm_acceleration
from simengine.behavior.mobil import SAFE_DECELERATION, THRESHOLD, is_safe, lane_change_incentive
from simengine.envs.highway.layout import (
    ACCELERATION,
    APPROACH,
    COMFORT_ACCELERATION,
    COMFORT_BRAKING,
    DESIRED,
    GAP,
    HIGH,
    LOW,
    ORDER,
    OWN_BRAKING,
    OWN_LENGTH,
    RANK,
    SPEED,
    TARGET,
    TIME_GAP,
    X,
)

MIN_GAP = 2.0  # s0 of the IDM [m]
POLITENESS = 0.3  # p of MOBIL
HINDERED = 0.25  # share of the comfortable acceleration below which a driver counts as held back


@njit(cache=True)
def sort_along(e, motion, place):
    """Restore the order along the ring by insertion: it changes little from step to step."""
    count = motion.shape[1]
    for k in range(1, count):
        n = place[e, k, ORDER]
        x = motion[e, n, X]
        j = k - 1
        while j >= 0 and motion[e, place[e, j, ORDER], X] > x:
            place[e, j + 1, ORDER] = place[e, j, ORDER]
            j -= 1
        place[e, j + 1, ORDER] = n
    for k in range(count):
        place[e, place[e, k, ORDER], RANK] = k


@njit(cache=True)
def _nearest(e, rank, low, high, ahead, place):
    """Return the nearest vehicle that touches a lane of a range, ahead or behind a rank in the order; −1 for none."""
    count = place.shape[1]
    k = rank
    for _ in range(count - 1):
        if ahead:
            k = k + 1 if k + 1 < count else 0
        else:
            k = k - 1 if k > 0 else count - 1
        n = place[e, k, ORDER]
        if place[e, n, LOW] <= high and place[e, n, HIGH] >= low:
            return n
    return -1


@njit(cache=True)
def _gap(e, follower, leader, ring_length, motion, trait):
    """Return the way from a vehicle's front forward along the ring to another's rear [m]."""
    ahead = motion[e, leader, X] - motion[e, follower, X]
    if ahead < 0.0:
        ahead += ring_length
    return ahead - 0.5 * (trait[e, follower, OWN_LENGTH] + trait[e, leader, OWN_LENGTH])


@njit(cache=True)
def _respond(e, follower, leader, ring_length, motion, trait):
    """Return the IDM's acceleration of a driver behind another, or on a free road if that is −1 [m/s²]."""
    speed = motion[e, follower, SPEED]
    gap, approach = math.inf, 0.0
    if leader >= 0:
        gap = _gap(e, follower, leader, ring_length, motion, trait)
        approach = speed - motion[e, leader, SPEED]
    return idm_acceleration(
        speed,
        trait[e, follower, DESIRED],
        gap,
        approach,
        trait[e, follower, COMFORT_ACCELERATION],
        trait[e, follower, COMFORT_BRAKING],
        trait[e, follower, TIME_GAP],
        MIN_GAP,
        EXPONENT,
    )


@njit(cache=True)
def _lane_wanted(e, n, num_lanes, ring_length, motion, trait, place):
    """Return the lane that MOBIL would have a driver in; one that gains nothing itself does not change."""
    lane, rank = place[e, n, TARGET], place[e, n, RANK]
    now = motion[e, n, ACCELERATION]
    best, wanted = THRESHOLD, lane
    for side in range(2):
        there = lane + 1 if side == 0 else lane - 1
        if there < 0 or there >= num_lanes:
            continue
        ahead = _nearest(e, rank, there, there, True, place)
        if ahead >= 0 and _gap(e, n, ahead, ring_length, motion, trait) < MIN_GAP:
            continue
        after = _respond(e, n, ahead, ring_length, motion, trait)
        if after <= now:
            continue
        behind = _nearest(e, rank, there, there, False, place)
        new_now = new_after = old_now = old_after = 0.0
        if behind >= 0:
            if _gap(e, behind, n, ring_length, motion, trait) < MIN_GAP:
                continue
            new_now, new_after = motion[e, behind, ACCELERATION], _respond(e, behind, n, ring_length, motion, trait)
        if not is_safe(after, new_after, SAFE_DECELERATION):
            continue
        old = _nearest(e, rank, lane, lane, False, place)
        leader = _nearest(e, rank, lane, lane, True, place)
        if old >= 0 and old != leader:
            old_now, old_after = motion[e, old, ACCELERATION], _respond(e, old, leader, ring_length, motion, trait)
        gain = lane_change_incentive(now, after, new_now, new_after, old_now, old_after, POLITENESS)
        if gain > best:
            best, wanted = gain, there
    return wanted


@njit(cache=True)
def _find_gaps(e, num_lanes, ring_length, motion, trait, place, lead):
    """Write every vehicle's gap and approach to the one ahead on any lane it touches, from the front of the ring back.

    `lead` holds the nearest vehicle ahead on each lane as the scan goes back; it begins with the first of each lane,
    which is ahead of the last.
    """
    count = motion.shape[1]
    for lane in range(num_lanes):
        lead[e, lane] = -1
    missing = num_lanes
    for rank in range(count):
        n = place[e, rank, ORDER]
        for lane in range(place[e, n, LOW], place[e, n, HIGH] + 1):
            if lead[e, lane] < 0:
                lead[e, lane] = n
                missing -= 1
        if missing == 0:
            break
    for rank in range(count - 1, -1, -1):
        n = place[e, rank, ORDER]
        gap, approach = math.inf, 0.0
        for lane in range(place[e, n, LOW], place[e, n, HIGH] + 1):
            other = lead[e, lane]
            lead[e, lane] = n
            if other >= 0 and other != n:
                ahead = motion[e, other, X] - motion[e, n, X]
                if ahead < 0.0:
                    ahead += ring_length
                ahead -= 0.5 * (trait[e, n, OWN_LENGTH] + trait[e, other, OWN_LENGTH])
                if ahead < gap:
                    gap, approach = ahead, motion[e, n, SPEED] - motion[e, other, SPEED]
        motion[e, n, GAP], motion[e, n, APPROACH] = gap, approach


@njit(cache=True)
def decide(e, first, due, every, num_lanes, ring_length, motion, trait, place, lead):
    """Set accelerations and lanes of all vehicles from `first` on by IDM and MOBIL.

    Vehicle n weighs a lane change when `due` + n is a multiple of `every`.
    """
    _find_gaps(e, num_lanes, ring_length, motion, trait, place, lead)
    # A loop of its own: without branches the processor works on several drivers at once (33 against 8 ns a driver).
    for n in range(first, motion.shape[1]):
        now = idm_acceleration(
            motion[e, n, SPEED],
            trait[e, n, DESIRED],
            motion[e, n, GAP],
            motion[e, n, APPROACH],
            trait[e, n, COMFORT_ACCELERATION],
            trait[e, n, COMFORT_BRAKING],
            trait[e, n, TIME_GAP],
            MIN_GAP,
            EXPONENT,
        )
        motion[e, n, ACCELERATION] = max(-trait[e, n, OWN_BRAKING], now)
    for n in range((every - due % every) % every, motion.shape[1], every):
        # Hindered: behind someone slower, or held back by him.
        hindered = motion[e, n, APPROACH] > 0.0 or (
            motion[e, n, ACCELERATION] < HINDERED * trait[e, n, COMFORT_ACCELERATION]
        )
        if n >= first and hindered and place[e, n, LOW] == place[e, n, HIGH] and motion[e, n, GAP] < math.inf:
            wanted = _lane_wanted(e, n, num_lanes, ring_length, motion, trait, place)
            low = place[e, n, LOW]
            place[e, n, TARGET] = wanted
            place[e, n, LOW], place[e, n, HIGH] = min(wanted, low), max(wanted, low)
