"""The hall and the way through it.

Aisles run along x between rows of shelves and are joined by three passages along y: at both ends and in the middle.
"""

import math

from numba import njit


@njit(cache=True)
def passage_x(passage, settings):
    """Return the middle of a passage [m]; 0 and 2 are at the ends, 1 in the middle at x = 0."""
    return (passage - 1) * (settings.aisle_length + settings.aisle_width)


@njit(cache=True)
def aisle_y(aisle, settings):
    """Return the middle of an aisle [m]."""
    return (aisle - 0.5 * (settings.aisles - 1)) * (settings.aisle_width + settings.shelf_depth)


@njit(cache=True)
def half_hall(settings):
    """Return half the length and half the width of the hall [m]."""
    return (
        settings.aisle_length + 1.5 * settings.aisle_width,
        0.5 * settings.aisles * (settings.aisle_width + settings.shelf_depth) + 0.5 * settings.shelf_depth,
    )


@njit(cache=True)
def shelf_center(row, half, settings):
    """Return the middle of half a row of shelves [m]: half 0 is left of the middle passage, 1 right of it."""
    x = (half - 0.5) * (settings.aisle_length + settings.aisle_width)
    return x, (row - 0.5 * settings.aisles) * (settings.aisle_width + settings.shelf_depth)


@njit(cache=True)
def find_way(x, y, goal_x, goal_y, settings):
    """Return the length of the shortest way to a goal in an aisle and its next waypoint (x, y) [m]."""
    if abs(y - goal_y) < 0.5 * settings.aisle_width:
        return math.sqrt((x - goal_x) ** 2 + (y - goal_y) ** 2), goal_x, goal_y
    best, through = math.inf, 0.0
    for passage in range(3):
        at = passage_x(passage, settings)
        way = abs(x - at) + abs(at - goal_x)
        if way < best:
            best, through = way, at
    pitch = settings.aisle_width + settings.shelf_depth
    if abs(x - through) < 0.3 * settings.aisle_width:
        return best + abs(y - goal_y), through, goal_y
    aisle = min(settings.aisles - 1, max(0, int(math.floor(y / pitch + 0.5 * settings.aisles))))
    return best + abs(y - goal_y), through, aisle_y(aisle, settings)
