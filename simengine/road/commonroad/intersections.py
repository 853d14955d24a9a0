"""Which lanelets form an intersection, how they turn and who goes first.

A file names the lanelets that lead from an intersection's incomings. It leaves out the lanelets that follow those
inside the same area, and files of format 2018b name none. So lanelets whose center lines cross belong to one as well,
and so do lanelets that come from two sides and lead into the same one, as the lane of a right turn beside the others,
and short ones side by side that become one lane: nobody changes lane there, and all have to take turns.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.commonroad.lanelets import Lanelet, refs
from simengine.road.commonroad.regulation import PRIORITY_SIGNS, STOP_SIGNS, YIELD_SIGNS, Sign
from simengine.road.files.xml import Element
from simengine.road.network.network import LaneType, Turn
from simengine.road.network.polyline import turn_of

MAX_CROSSINGS = 20_000  # pairs of lanelets that cross in one file
_END = 1.0  # lines that meet this near to an end of one touch but do not cross [m]
_LONGEST_MERGE = 100.0  # of lanelets side by side that become one; longer ones would hold up all behind [m]
_STOREY = 3.0  # lines farther apart in height pass over each other [m]
_TURNS = {"successorsLeft": Turn.LEFT, "successorsStraight": Turn.STRAIGHT, "successorsRight": Turn.RIGHT}


@njit(cache=True)
def lines_cross(point: NDArray[np.float64], a0: int, a1: int, b0: int, b1: int) -> bool:
    """Tell whether polylines a0..a1 and b0..b1 (one past the last point) cross away from their ends."""
    for i in range(a0, a1 - 1):
        px, py = point[i, 0], point[i, 1]
        rx, ry = point[i + 1, 0] - px, point[i + 1, 1] - py
        for j in range(b0, b1 - 1):
            qx, qy = point[j, 0] - px, point[j, 1] - py
            sx, sy = point[j + 1, 0] - point[j, 0], point[j + 1, 1] - point[j, 1]
            cross = rx * sy - ry * sx
            if cross == 0.0:
                continue
            t, u = (qx * sy - qy * sx) / cross, (qx * ry - qy * rx) / cross
            if not (0.0 <= t <= 1.0 and 0.0 <= u <= 1.0):
                continue
            x, y = px + t * rx, py + t * ry
            free = True
            for end in (a0, a1 - 1, b0, b1 - 1):
                dx, dy = point[end, 0] - x, point[end, 1] - y
                free = free and dx * dx + dy * dy > _END * _END
            if free:
                return True
    return False


@njit(cache=True)
def crossing_pairs(
    point: NDArray[np.float64],
    first: NDArray[np.int64],
    box: NDArray[np.float64],
    order: NDArray[np.int64],
    parent: NDArray[np.int64],
    crosses: NDArray[np.bool_],
    limit: int,
) -> int:
    """Join lines that cross each other, at about one height, into groups; return how many pairs do, `limit` at most.

    Args:
        point: All lines [m]. Shape (num_points, 3).
        first: First point of each line. Shape (num_lines + 1,).
        box: Least and largest x, y, z of each line [m]. Shape (num_lines, 6).
        order: Lines by least x. Shape (num_lines,).
        parent: Union-find forest; written. Shape (num_lines,).
        crosses: Written: whether a line crosses any other. Shape (num_lines,).
        limit: Pairs after which to stop.
    """
    n = len(order)
    count = 0
    for p in range(n):
        a = order[p]
        for q in range(p + 1, n):
            b = order[q]
            if box[b, 0] > box[a, 3]:
                break
            if box[b, 1] > box[a, 4] or box[a, 1] > box[b, 4]:
                continue
            if box[b, 2] > box[a, 5] + _STOREY or box[a, 2] > box[b, 5] + _STOREY:
                continue
            if lines_cross(point, first[a], first[a + 1], first[b], first[b + 1]):
                crosses[a] = True
                crosses[b] = True
                parent[find_root(parent, a)] = find_root(parent, b)
                count += 1
                if count == limit:
                    return count
    return count


@njit(cache=True)
def find_root(parent: NDArray[np.int64], i: int) -> int:
    """Return the root of `i` in a union-find forest, shortening the way."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


def _declared(root: Element, lanelets: dict[str, Lanelet], signs: dict[str, Sign]) -> list[list[str]]:
    """Set turn and priority of the lanelets that a file names in its intersections; return them by intersection."""
    members = []
    for element in root.all("intersection"):
        named: list[str] = []
        for incoming in element.all("incoming"):
            arriving = [lanelets[name] for name in refs(incoming, "incomingLanelet") if name in lanelets]
            posted = [signs[name] for lanelet in arriving for name in lanelet.signs if name in signs]
            rank = 1
            if any(sign.has(PRIORITY_SIGNS) for sign in posted):
                rank = 2
            elif any(sign.has((*STOP_SIGNS, *YIELD_SIGNS)) for sign in posted):
                rank = 0
            for tag, turn in _TURNS.items():
                for name in refs(incoming, tag):
                    if name not in lanelets:
                        raise incoming.error(f"{tag}='{name}': the file has no such lanelet")
                    draft = lanelets[name].draft
                    draft.turn, draft.priority = turn, 2 * rank + (0 if turn == Turn.LEFT else 1)
                    named.append(name)
        members.append(named)
    return members


def _length(points: NDArray[np.float64]) -> float:
    """Return the length of a line in plan view [m]."""
    return float(np.hypot(*np.diff(points[:, :2], axis=0).T).sum())


def _join_where_ways_meet(
    lanelets: dict[str, Lanelet], index: dict[str, int], parent: NDArray[np.int64], inside: NDArray[np.bool_]
) -> None:
    """Join lanelets that lead into the same one into groups, but long ones side by side.

    Outside intersections nobody gives way to anybody that is not on the own lane, and both lanes go on.
    """
    leading: dict[str, list[str]] = {}
    for name in index:
        for other in lanelets[name].draft.successors:
            leading.setdefault(other, []).append(name)
    for names in leading.values():
        for k, name in enumerate(names):
            for other in names[:k]:
                here, there = lanelets[name].draft, lanelets[other].draft
                longest = max(_length(here.points), _length(there.points))
                if other in (here.left, here.right) and longest > _LONGEST_MERGE:
                    continue
                inside[index[name]] = inside[index[other]] = True
                parent[find_root(parent, index[name])] = find_root(parent, index[other])


def apply_intersections(root: Element, lanelets: dict[str, Lanelet], signs: dict[str, Sign]) -> None:
    """Set junction, turn and priority of the lanelets inside intersections.

    Priority: by the signs at the incoming (priority road, none, yield or stop); of one rank a left turn waits. A
    lanelet that follows another inside an intersection keeps its rank.
    """
    declared = _declared(root, lanelets, signs)
    names = [name for name, lanelet in lanelets.items() if lanelet.draft.lane_type == LaneType.DRIVING]
    names = [name for name in names if not lanelets[name].is_crosswalk]
    if not names:
        return
    index = {name: i for i, name in enumerate(names)}
    lines = [lanelets[name].draft.points for name in names]
    first = np.cumsum([0] + [len(line) for line in lines]).astype(np.int64)
    box = np.array([[*line.min(axis=0), *line.max(axis=0)] for line in lines])
    parent, inside = np.arange(len(names)), np.zeros(len(names), np.bool_)
    order = np.argsort(box[:, 0], kind="stable")
    if crossing_pairs(np.concatenate(lines), first, box, order, parent, inside, MAX_CROSSINGS) == MAX_CROSSINGS:
        raise root.error(f"has lanelets that cross {MAX_CROSSINGS} times or more; fewer are allowed")
    _join_where_ways_meet(lanelets, index, parent, inside)

    ranks: dict[str, int] = {}
    for group in declared:
        here = [index[name] for name in group if name in index]
        for name in group:
            ranks[name] = lanelets[name].draft.priority
        for i in here:
            inside[i] = True
            parent[find_root(parent, i)] = find_root(parent, here[0])
    for name in names:
        for other in lanelets[name].draft.successors:
            if other in index and inside[index[name]] and inside[index[other]]:
                parent[find_root(parent, index[name])] = find_root(parent, index[other])
    numbers: dict[int, int] = {}
    for name in names:
        if not inside[index[name]]:
            continue
        draft = lanelets[name].draft
        draft.junction = numbers.setdefault(int(find_root(parent, index[name])), len(numbers))
        if name not in ranks:
            draft.turn = turn_of(draft.points)
            draft.priority = 2 + (0 if draft.turn == Turn.LEFT else 1)
    waiting = list(ranks)
    while waiting:
        here = lanelets[waiting.pop(0)].draft
        for other in here.successors:
            if other in index and inside[index[other]] and other not in ranks:
                ranks[other] = lanelets[other].draft.priority = here.priority
                waiting.append(other)
