"""Masks as polygons along pixel edges: exact, so that rasterizing them gives the mask back."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

Point = tuple[int, int]


def _edges(mask: NDArray[np.bool_]) -> dict[Point, list[Point]]:
    """Return the directed pixel edges between inside and outside, the inside to their right, by starting corner."""
    padded = np.pad(mask, 1)
    core = padded[1:-1, 1:-1]
    found: dict[Point, list[Point]] = defaultdict(list)
    sides = (
        (core & ~padded[:-2, 1:-1], (0, 0), (1, 0)),  # top, to the right
        (core & ~padded[1:-1, 2:], (1, 0), (1, 1)),  # right side, down
        (core & ~padded[2:, 1:-1], (1, 1), (0, 1)),  # bottom, to the left
        (core & ~padded[1:-1, :-2], (0, 1), (0, 0)),  # left side, up
    )
    for edge, (ax, ay), (bx, by) in sides:
        for y, x in np.argwhere(edge).tolist():
            found[(x + ax, y + ay)].append((x + bx, y + by))
    return found


def _loops(mask: NDArray[np.bool_]) -> list[list[Point]]:
    """Return the closed outlines of a mask, corners only: clockwise (as seen) around it, the other way around holes."""
    edges = _edges(mask)
    loops = []
    while edges:
        start = next(iter(edges))
        loop, here, step = [], start, (0, 0)
        while True:
            ways = edges[here]
            # Where two pixels meet at a corner, turning right keeps to the same pixel.
            right = (here[0] - step[1], here[1] + step[0])
            there = right if right in ways else ways[0]
            ways.remove(there)
            if not ways:
                del edges[here]
            ahead = (there[0] - here[0], there[1] - here[1])
            if ahead != step:
                loop.append(here)
            here, step = there, ahead
            if here == start and (right := (here[0] - step[1], here[1] + step[0])) not in edges.get(here, []):
                break
        if len(loop) > 1 and _collinear(loop[-1], loop[0], loop[1]):
            loop.pop(0)
        loops.append(loop)
    return loops


def _collinear(a: Point, b: Point, c: Point) -> bool:
    return (a[0] == b[0] == c[0]) or (a[1] == b[1] == c[1])


def _doubled_area(loop: list[Point]) -> int:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(loop, [*loop[1:], loop[0]], strict=True))


def mask_to_polygons(mask: NDArray[np.bool_]) -> list[list[int]]:
    """Return polygons (x0, y0, x1, y1, …) whose union is the mask, coordinates at pixel edges.

    A polygon cannot have a hole, so a mask with holes is cut in two at the left end of one, until there is none.

    Args:
        mask: Shape (height, width).
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return []
    top, left = int(rows[0]), int(columns[0])
    pending, polygons = [(mask[top : rows[-1] + 1, left : columns[-1] + 1], left)], []
    while pending:
        part, offset = pending.pop()
        loops = _loops(part)
        holes = [loop for loop in loops if _doubled_area(loop) < 0]
        if holes:
            cut = min(x for x, _ in holes[0])
            pending += [(part[:, cut:], offset + cut), (part[:, :cut], offset)]
        else:
            polygons += [[value for x, y in loop for value in (x + offset, y + top)] for loop in loops]
    return polygons
