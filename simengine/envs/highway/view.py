"""What the ego sees."""

import math

from numba import njit

from simengine.envs import terms
from simengine.envs.highway.layout import (
    ACCELERATION,
    HIGH,
    LOW,
    ORDER,
    OWN_LENGTH,
    SPEED,
    STEERING,
    TARGET,
    YAW,
    YAW_RATE,
    X,
    Y,
)
from simengine.envs.highway.motion import lane_at

EGO_FEATURES, SLOTS, SLOT_FEATURES = 9, 9, 7
OBSERVATION_SIZE = EGO_FEATURES + SLOTS * SLOT_FEATURES
_VIEW = 120.0  # farther vehicles are not observed [m]
_NEAR = 15.0  # gaps up to this are observed a second time, finely [m]


@njit(cache=True)
def observe(e, settings, motion, trait, place, ego, out):
    """Write what the ego sees: itself, then per lane (own, left, right) two vehicles ahead and one behind."""
    own = lane_at(motion[e, 0, Y], settings.lane_width, settings.num_lanes)
    speed, y = motion[e, 0, SPEED], motion[e, 0, Y]
    width, lanes = settings.lane_width, settings.num_lanes
    out[e, 0] = terms.feature(speed - settings.speed_limit, 15.0)
    out[e, 1] = terms.feature(y - own * width, 0.5 * width)
    out[e, 2] = terms.feature(math.sin(motion[e, 0, YAW]), 0.15)
    out[e, 3] = terms.feature(motion[e, 0, STEERING], 0.1)
    out[e, 4] = terms.feature(motion[e, 0, ACCELERATION], 8.0)
    out[e, 5] = terms.feature(place[e, 0, TARGET] - own, 1.0)
    out[e, 6] = terms.feature(own, max(1, lanes - 1))
    out[e, 7] = terms.feature((lanes - 1) * width - y, lanes * width)
    out[e, 8] = terms.feature(ego[e, YAW_RATE] * speed, 8.0)
    for k in range(EGO_FEATURES, OBSERVATION_SIZE):
        out[e, k] = 0.0
    for slot in range(SLOTS):
        lane = own + (0 if slot < 3 else (1 if slot < 6 else -1))
        if lane < 0 or lane >= lanes:
            out[e, EGO_FEATURES + slot * SLOT_FEATURES] = -1.0
    count = motion.shape[1]
    rank = 0
    while place[e, rank, ORDER] != 0:
        rank += 1
    for direction in range(2):
        k = rank
        seen_own = seen_left = seen_right = 0
        most = 2 if direction == 0 else 1
        for _ in range(count - 1):
            if direction == 0:
                k = k + 1 if k + 1 < count else 0
            else:
                k = k - 1 if k > 0 else count - 1
            n = place[e, k, ORDER]
            dx = motion[e, n, X] - motion[e, 0, X]
            if direction == 0 and dx < 0.0:
                dx += settings.ring_length
            elif direction == 1 and dx > 0.0:
                dx -= settings.ring_length
            if abs(dx) > _VIEW:
                break
            for lane in range(max(own - 1, place[e, n, LOW]), min(own + 1, place[e, n, HIGH]) + 1):
                if lane == own:
                    index, base, seen_own = seen_own, 0, seen_own + 1
                elif lane > own:
                    index, base, seen_left = seen_left, 3, seen_left + 1
                else:
                    index, base, seen_right = seen_right, 6, seen_right + 1
                if index >= most:
                    continue
                at = EGO_FEATURES + (base + (index if direction == 0 else 2)) * SLOT_FEATURES
                length = 0.5 * (trait[e, n, OWN_LENGTH] + trait[e, 0, OWN_LENGTH])
                out[e, at] = 1.0
                gap = abs(dx) - length  # negative beside
                closing = speed - motion[e, n, SPEED] if direction == 0 else motion[e, n, SPEED] - speed
                out[e, at + 1] = terms.feature(gap, _VIEW)
                out[e, at + 2] = terms.feature(gap, _NEAR)
                out[e, at + 3] = terms.feature(closing, 15.0)
                out[e, at + 4] = terms.feature(closing / max(gap, 1.0), 0.5)
                out[e, at + 5] = terms.feature(motion[e, n, Y] - lane * width, width)
                out[e, at + 6] = terms.feature(motion[e, n, ACCELERATION], 8.0)
