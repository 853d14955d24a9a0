"""Where a place given by road, s and t lies in the world."""

import math
from typing import NamedTuple

import numpy as np

from simengine.road.opendrive.geometry.lateral_shape import shape_height
from simengine.road.opendrive.geometry.reference_line import reference_batch
from simengine.road.opendrive.model import Road


class Place(NamedTuple):
    """A point on or beside a road."""

    x: float  # [m]
    y: float
    z: float  # of the road's surface, continued sideways [m]
    heading: float  # of the reference line [rad]


def locate(road: Road, s: float, t: float) -> Place:
    """Return the place at s and t [m] of a road; beyond its ends it goes straight on, level along s.

    The height is that of the lanes there: superelevation, crossfall from the center lane outwards, and lateral shape.
    """
    on = min(max(s, 0.0), road.length)
    station = np.array([on])
    reference = np.zeros((1, 4))
    reference_batch(road.line, station, reference)
    x, y, heading = (float(v) for v in reference[0, :3])
    roll = float(road.superelevation.at(station)[0])
    offset = float(road.lane_offset.at(station)[0])
    side = 1.0 if t > offset else -1.0
    fall = float((road.crossfall_left if t > offset else road.crossfall_right).at(station)[0])
    edge = offset if fall else 0.0  # the crossfall starts there; up to it the plane of the superelevation holds
    tilt = roll - side * fall
    lift = 0.0 if road.shape is None else shape_height(road.shape, on, t)
    across = edge * math.cos(roll) + (t - edge) * math.cos(tilt) - lift * math.sin(roll)
    up = edge * math.sin(roll) + (t - edge) * math.sin(tilt) + lift * math.cos(roll)
    height = float(road.elevation.at(station)[0]) + up
    beyond = s - on
    x, y = x + beyond * math.cos(heading), y + beyond * math.sin(heading)
    return Place(x - across * math.sin(heading), y + across * math.cos(heading), height, heading)
