"""What room a body takes seen from above, also when it lies on its side."""

import math

from numba import njit

from simengine.core.space.geometry import rotate, yaw_from_quaternion

# A body whose own up axis points less far up than this has toppled: 0.7 is a lean of 46°, more than any road asks for
# and more than a motorcycle reaches in a bend.
UPRIGHT = 0.7
# A vehicle whose up axis points less far up has rolled over and does not get up again: 60° from upright.
OVERTURNED = 0.5


@njit(cache=True, _nrt=False)
def plan_view(
    w: float, x: float, y: float, z: float, length: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """Return the direction [rad] and extents [m] of the upright box around a body: yaw, length, width, height.

    One that stands on its wheels or feet keeps its own yaw and size, so that slopes change nothing. Of one that has
    toppled the box lies along its longest edge on the ground.

    Args:
        w, x, y, z: Orientation.
        length, width, height: Of the body along its own axes [m].
    """
    ux, uy, uz = rotate(w, x, y, z, 0.0, 0.0, height)
    if uz >= UPRIGHT * height:
        return yaw_from_quaternion(w, x, y, z), length, width, height
    fx, fy, fz = rotate(w, x, y, z, length, 0.0, 0.0)
    sx, sy, sz = rotate(w, x, y, z, 0.0, width, 0.0)
    longest, dx, dy = 0.0, 1.0, 0.0
    for ex, ey in ((fx, fy), (sx, sy), (ux, uy)):
        reach = math.sqrt(ex * ex + ey * ey)
        if reach > longest:
            longest, dx, dy = reach, ex / reach, ey / reach
    along = abs(fx * dx + fy * dy) + abs(sx * dx + sy * dy) + abs(ux * dx + uy * dy)
    across = abs(fy * dx - fx * dy) + abs(sy * dx - sx * dy) + abs(uy * dx - ux * dy)
    return math.atan2(dy, dx), along, across, abs(fz) + abs(sz) + abs(uz)
