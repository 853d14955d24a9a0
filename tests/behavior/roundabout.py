"""A small roundabout of four arms, each of them a junction of its own, as road files draw them."""

import numpy as np
from numpy.typing import NDArray

from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft, StopLineDraft
from simengine.road.network.network import RoadNetwork, Turn

OPEN = np.radians(25.0)  # of the ring on either side of an arm belongs to the junction there [rad]
ARM = 80.0  # from the middle to the end of an arm [m]


def _ring(radius: float, first: float, last: float) -> NDArray[np.float64]:
    angle = np.linspace(first, last, 25)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.zeros(25)], axis=1)


def _curve(start: NDArray[np.float64], middle: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    u = np.linspace(0.0, 1.0, 25)[:, None]
    return (1.0 - u) ** 2 * start + 2.0 * u * (1.0 - u) * middle + u * u * end


def roundabout(radius: float, give_way: bool) -> RoadNetwork:
    """Return a roundabout, driven counter-clockwise, of one lane.

    Args:
        radius: Of the middle of its lane [m]; between two arms 40° of it are in no junction.
        give_way: Those who enter give way; else no sign says who goes first, and they come from the right.
    """
    drafts, lines, edge = [], [], radius + 10.0
    for k in range(4):
        at = 0.5 * np.pi * k
        out, along = np.array([np.cos(at), np.sin(at), 0.0]), np.array([-np.sin(at), np.cos(at), 0.0])
        inner, outer, curb = radius * np.cos(OPEN), edge, radius * np.sin(OPEN)
        leaves, joins = _ring(radius, at - OPEN, at)[0], _ring(radius, at, at + OPEN)[-1]
        tangent = np.array([np.cos(at - OPEN + 0.5 * np.pi), np.sin(at - OPEN + 0.5 * np.pi), 0.0])
        reach = (curb - 2.2) / float(tangent @ along)  # where the tangent of the ring meets the arm's lane
        aside_out, aside_in = leaves + reach * tangent, leaves + reach * tangent
        aside_in = aside_in - 2.0 * float(aside_in @ along) * along
        assert inner < float(aside_out @ out) < outer
        pieces = {
            f"ring{k}": (_ring(radius, at - OPEN, at + OPEN), k, Turn.STRAIGHT, [f"link{k}"]),
            f"link{k}": (_ring(radius, at + OPEN, at + 0.5 * np.pi - OPEN), -1, Turn.NONE,
                         [f"ring{(k + 1) % 4}", f"leave{(k + 1) % 4}"]),
            f"leave{k}": (_curve(leaves, aside_out, edge * out - 2.2 * along), k, Turn.RIGHT, [f"out{k}"]),
            f"enter{k}": (_curve(edge * out + 2.2 * along, aside_in, joins), k, Turn.RIGHT, [f"link{k}"]),
            f"in{k}": (np.linspace(ARM * out + 2.2 * along, edge * out + 2.2 * along, 25), -1, Turn.NONE,
                       [f"enter{k}"]),
            f"out{k}": (np.linspace(edge * out - 2.2 * along, ARM * out - 2.2 * along, 25), -1, Turn.NONE, []),
        }  # fmt: skip
        for name, (points, junction, turn, successors) in pieces.items():
            count = len(points)
            drafts.append(
                LaneDraft(
                    name,
                    points,
                    np.full(count, 3.6),
                    np.zeros(count),
                    junction=junction,
                    turn=turn,
                    successors=successors,
                    speed_limit=8.3,
                )
            )
        if give_way:
            lines.append(StopLineDraft(f"in{k}", ARM - edge, yield_kind=1))
    return build_network(drafts, stop_lines=lines)
