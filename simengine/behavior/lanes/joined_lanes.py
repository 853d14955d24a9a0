"""Where lanes of a junction that lead into the same lane have become one: from there on vehicles follow each other."""

import math
from typing import NamedTuple

import numpy as np

JOINED = 0.5  # center lines no farther apart than this are one [m]


def joined_from(ways: NamedTuple, a: int, b: int) -> float:
    """Return from where on lane a runs on lane b up to its end [m]; infinite if they do not lead into the same lane.

    Args:
        ways: `lane_rules.DriverLanes` of the network.
        a, b: The lanes.
    """
    after_a = ways.successor[ways.successor_first[a] : ways.successor_first[a + 1]]
    after_b = ways.successor[ways.successor_first[b] : ways.successor_first[b + 1]]
    if not np.isin(after_a, after_b).any():
        return math.inf
    own = slice(ways.lane_first_point[a], ways.lane_first_point[a + 1])
    other = slice(ways.lane_first_point[b], ways.lane_first_point[b + 1])
    points, line = ways.point_position[own, None, :2], ways.point_position[other, :2]
    along = np.diff(line, axis=0)
    share = ((points - line[:-1]) * along).sum(axis=2) / np.maximum((along * along).sum(axis=1), 1e-12)
    feet = line[:-1] + np.clip(share, 0.0, 1.0)[:, :, None] * along
    apart = np.flatnonzero(np.hypot(*np.moveaxis(points - feet, 2, 0)).min(axis=1) > JOINED)
    first = int(apart[-1]) + 1 if len(apart) else 0
    s = ways.point_s[own]
    return float(s[first]) if first < len(s) else math.inf
