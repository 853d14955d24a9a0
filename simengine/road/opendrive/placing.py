"""Where a place given by road, s and t lies in the world."""

import math
from typing import NamedTuple

import numpy as np

from simengine.road.opendrive.geometry import reference_batch
from simengine.road.opendrive.model import Road


class Place(NamedTuple):
    """A point on or beside a road."""

    x: float  # [m]
    y: float
    z: float  # of the road's surface, continued sideways [m]
    heading: float  # of the reference line [rad]


def locate(road: Road, s: float, t: float) -> Place:
    """Return the place at s and t [m] of a road."""
    station = np.array([s])
    reference = np.zeros((1, 4))
    reference_batch(road.line, station, reference)
    x, y, heading = (float(v) for v in reference[0, :3])
    roll = float(road.superelevation.at(station)[0])
    across = t * math.cos(roll)
    height = float(road.elevation.at(station)[0]) + t * math.sin(roll)
    return Place(x - across * math.sin(heading), y + across * math.cos(heading), height, heading)
