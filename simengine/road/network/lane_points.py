"""The points of lanes as flat arrays: checked and joined, measured, and what is told across a lane at each."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from simengine.road.network.centerline import keep_distinct, measure_lanes
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.grid import build_grid
from simengine.road.network.network import CROSSABLE, CURB_HEIGHT, LaneType

LARGEST_COORDINATE = 1e8  # [m]


def join_points(
    lanes: list[LaneDraft],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.int32]]:
    """Check and join the points of all lanes; say which are kept: not those that coincide with the one before."""
    for lane in lanes:
        n = len(lane.points)
        if np.shape(lane.points) != (n, 3) or np.shape(lane.width) != (n,) or np.shape(lane.bank) != (n,):
            raise ScenarioError(
                f"road: lane {lane.name!r}: points, width and bank have shapes {np.shape(lane.points)}, "
                f"{np.shape(lane.width)}, {np.shape(lane.bank)}; allowed are (n, 3), (n,), (n,)"
            )
    counts = np.cumsum([0] + [len(lane.points) for lane in lanes])
    position = np.ascontiguousarray(np.concatenate([np.asarray(lane.points, np.float64) for lane in lanes]))
    width = np.concatenate([np.asarray(lane.width, np.float64) for lane in lanes])
    bank = np.concatenate([np.asarray(lane.bank, np.float64) for lane in lanes])

    def refuse(bad: NDArray[np.bool_], what: str, allowed: str) -> None:
        if bad.any():
            i = int(np.flatnonzero(bad)[0])
            lane = int(np.searchsorted(counts, i, side="right")) - 1
            value = {"point": position[i].tolist(), "width": float(width[i]), "bank": float(bank[i])}[what]
            raise ScenarioError(f"road: lane {lanes[lane].name!r}: {what} {i - counts[lane]} is {value}; {allowed}")

    refuse(~(np.abs(position) <= LARGEST_COORDINATE).all(axis=1), "point", "finite numbers up to 1e8 m are allowed")
    refuse(~((width >= 0.0) & (width <= 1_000.0)), "width", "0 to 1000 m is allowed")
    refuse(~(np.abs(bank) <= 1.2), "bank", "−1.2 to 1.2 rad is allowed")
    keep = np.zeros(len(position), np.bool_)
    keep_distinct(position, counts.astype(np.int64), keep)
    kept = np.concatenate([[0], np.cumsum(keep)])[counts]
    short = np.flatnonzero(np.diff(kept) < 2)
    if len(short):
        raise ScenarioError(
            f"road: lane {lanes[short[0]].name!r} has {kept[short[0] + 1] - kept[short[0]]} distinct point(s); "
            "at least 2 are needed"
        )
    return position[keep], width[keep], bank[keep], keep, kept.astype(np.int32)


def told_across(lanes: list[LaneDraft], keep: NDArray[np.bool_]) -> dict[str, NDArray]:
    """Return what is told of every kept point across its lane: rise of the surface, lines along the edges."""
    rise, marking, may_cross, yellow = [], [], [], []
    for lane in lanes:
        n = len(lane.points)
        curbs = (0.0, CURB_HEIGHT, CURB_HEIGHT, 0.0) if lane.lane_type == LaneType.PAVEMENT else (0.0,) * 4
        rise.append(np.broadcast_to(curbs if lane.rise is None else lane.rise, (n, 4)))
        lines = _both_edges(lane.marking_left, lane.marking_right, n, np.int32)
        stated = (lane.may_cross_left, lane.may_cross_right)
        seen = [np.isin(lines[:, k], CROSSABLE) if stated[k] is None else stated[k] for k in range(2)]
        marking.append(lines)
        may_cross.append(_both_edges(*seen, n, np.bool_))
        yellow.append(_both_edges(lane.yellow_left, lane.yellow_right, n, np.bool_))
    return {
        "point_rise": np.ascontiguousarray(np.concatenate(rise), np.float64)[keep],
        "point_marking": np.concatenate(marking)[keep],
        "point_may_cross": np.concatenate(may_cross)[keep],
        "point_yellow": np.concatenate(yellow)[keep],
    }


def _both_edges(left: NDArray | float, right: NDArray | float, n: int, dtype: type) -> NDArray:
    return np.stack([np.broadcast_to(np.asarray(side, dtype), n) for side in (left, right)], axis=1)


def measure_points(position: NDArray[np.float64], first: NDArray[np.int32]) -> dict[str, Any]:
    """Return the fields of a network that follow from where its lanes' points are.

    Args:
        position: Of all points, those of a lane distinct [m]. Shape (num_points, 3).
        first: First point of each lane. Shape (num_lanes + 1,).
    """
    s, heading, curvature = (np.zeros(len(position)) for _ in range(3))
    measure_lanes(position, first, s, heading, curvature)
    length = s[first[1:] - 1].copy()
    origin, cell, shape, cells, points = build_grid(position, first, float(length.sum()))
    return {
        "lane_first_point": first,
        "lane_length": length,
        "point_position": position,
        "point_s": s,
        "point_heading": heading,
        "point_curvature": curvature,
        "point_lane": np.repeat(np.arange(len(first) - 1, dtype=np.int32), np.diff(first)),
        "grid_origin": origin,
        "grid_cell": cell,
        "grid_shape": shape,
        "grid_first": cells,
        "grid_point": points,
    }
