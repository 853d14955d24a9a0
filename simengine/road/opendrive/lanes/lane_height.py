"""How far the surfaces of lanes lie above the plane of their road: lane heights, and the curbs of other pavements.

ASAM OpenDRIVE 1.7, chapter 9.5.7: a lane's inner and outer border rise by stated heights, which change evenly from one
record to the next (exporters write one at both ends of a ramp). A pavement without stated height has the usual curb.
Where two lanes of different height meet, the higher one comes down to the lower one at its edge.
"""

import numpy as np
from numpy.typing import NDArray

from simengine.road.network.network import CURB_HEIGHT, LaneType
from simengine.road.opendrive.model import Lane

# Columns of a rise: at the inner border, just inside of it, just inside of the outer border, at the outer border.
INNER_FOOT, INNER_TOP, OUTER_TOP, OUTER_FOOT = 0, 1, 2, 3


def _tops(lane: Lane, station: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rise of a lane's inner and outer border at stations [m]. Shape (num_stations, 2)."""
    if not lane.heights:
        return np.full((len(station), 2), CURB_HEIGHT if lane.kind == LaneType.PAVEMENT else 0.0)
    offset, inner, outer = np.array(lane.heights, np.float64).T
    s = station - lane.origin
    return np.stack([np.interp(s, offset, inner), np.interp(s, offset, outer)], axis=1)


def lane_rises(
    lanes: tuple[Lane, ...], station: NDArray[np.float64], width: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the rise of lanes across their width at stations [m]. Shape (num_lanes, num_stations, 4).

    Args:
        lanes: Left side outwards, then right side outwards.
        station: s [m]. Shape (num_stations,).
        width: Of the lanes [m]; one without width is not there. Shape (num_lanes, num_stations).
    """
    rise = np.zeros((len(lanes), len(station), 4))
    if not len(lanes):
        return rise
    for k, lane in enumerate(lanes):
        if lane.kind is not None:
            rise[k, :, INNER_TOP : OUTER_TOP + 1] = _tops(lane, station)
    sides = [[k for k, lane in enumerate(lanes) if (lane.id > 0) == left] for left in (True, False)]
    for side, other in (sides, sides[::-1]):
        beside = np.zeros(len(station))  # the height that meets the inner border
        for k in reversed(other):
            beside = np.where(width[k] > 0.0, rise[k, :, INNER_TOP], beside)
        for k in side:
            rise[k, :, INNER_FOOT] = np.minimum(rise[k, :, INNER_TOP], beside)
            beside = np.where(width[k] > 0.0, rise[k, :, OUTER_TOP], beside)
        beside = np.zeros(len(station))  # and from outside
        for k in reversed(side):
            rise[k, :, OUTER_FOOT] = np.minimum(rise[k, :, OUTER_TOP], beside)
            beside = np.where(width[k] > 0.0, rise[k, :, INNER_TOP], beside)
    return rise
