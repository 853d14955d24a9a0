"""Contacts of upright oriented boxes: where they touch, and the impulses that keep them apart.

Penetration by the separating-axis test, impulses one contact after another with accumulated clamping (Catto, "Iterative
dynamics with temporal coherence", GDC 2005), in the ground plane. The vertical axis only decides whether boxes overlap
at all: one that flies above another does not touch it. Where bodywork meets bodywork or the scenery, the impulse of a
tick is at most what it takes to crush it (see `crush`), and the boxes stay overlapped; all else is hard.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.gravity import GRAVITY
from simengine.physics.backend import StaticBox
from simengine.physics.crush import crush_force

RESTITUTION = 0.1  # crashes above 30 km/h are nearly plastic (Brach & Brach, "Vehicle Accident Analysis", ch. 6)
CONTACT_FRICTION = 0.4  # of sliding bodywork, middle of the 0.3–0.6 of the same source
RESTING_SPEED = 1.0  # slower approaches do not bounce [m/s]
ITERATIONS = 8
_SLOP = 0.005  # penetration left alone [m]
_PUSH = 0.8  # share of the rest undone per tick
_JOINT = 0.05  # gap between boxes that are one wall or rail [m]
_LEAN = 0.02  # of its weight, with which a wreck may lean against what it ran into
_LIKE = 0.7  # cosine between normals of what is one side of the scenery
# Columns of a contact row: actor, other, x, y, z, normal x, normal y, depth, impulse, closing speed, impulse across the
# normal (to its left), what it is (`HARD`, `CRUSHING`, or `RESTING`: a wreck that lies against another), and across
# which side of the boxes bodywork crushes.
COLUMNS = 13
HARD, CRUSHING, RESTING = 0.0, 1.0, 2.0


@njit(cache=True, _nrt=False)
def _extent(nx, ny, cosine, sine, half_length, half_width):
    """Return half the width of a rectangle's shadow on a direction [m]."""
    return half_length * abs(nx * cosine + ny * sine) + half_width * abs(-nx * sine + ny * cosine)


@njit(cache=True, _nrt=False)
def _inside_corners(px, py, cosine, sine, half_length, half_width, ox, oy, o_cos, o_sin, o_length, o_width):
    """Return how many corners of the first rectangle lie in the other, and the sums of their x and y."""
    count, sum_x, sum_y = 0, 0.0, 0.0
    for i in range(4):
        u = half_length if i < 2 else -half_length
        v = half_width if i % 2 == 0 else -half_width
        x, y = px + u * cosine - v * sine, py + u * sine + v * cosine
        dx, dy = x - ox, y - oy
        if abs(dx * o_cos + dy * o_sin) <= o_length and abs(-dx * o_sin + dy * o_cos) <= o_width:
            count, sum_x, sum_y = count + 1, sum_x + x, sum_y + y
    return count, sum_x, sum_y


@njit(cache=True, _nrt=False)
def box_contact(ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width):
    """Return how two rectangles overlap, along the direction in which they overlap least.

    Args:
        ax: Centre of the first [m]; then its y, yaw [rad], length and width [m], and those of the second.

    Returns:
        Whether they overlap, the unit normal from the second to the first (x, y), the depth along it [m], and the
        middle of the overlap (x, y) [m].
    """
    a_cos, a_sin, b_cos, b_sin = math.cos(a_yaw), math.sin(a_yaw), math.cos(b_yaw), math.sin(b_yaw)
    hal, haw, hbl, hbw = 0.5 * a_length, 0.5 * a_width, 0.5 * b_length, 0.5 * b_width
    dx, dy = ax - bx, ay - by
    depth, nx, ny = math.inf, 0.0, 0.0
    for axis in range(4):
        ux = a_cos if axis == 0 else (-a_sin if axis == 1 else (b_cos if axis == 2 else -b_sin))
        uy = a_sin if axis == 0 else (a_cos if axis == 1 else (b_sin if axis == 2 else b_cos))
        distance = dx * ux + dy * uy
        overlap = _extent(ux, uy, a_cos, a_sin, hal, haw) + _extent(ux, uy, b_cos, b_sin, hbl, hbw) - abs(distance)
        if overlap <= 0.0:
            return False, 0.0, 0.0, 0.0, 0.0, 0.0
        if overlap < depth - 1e-9:
            sign = 1.0 if distance >= 0.0 else -1.0
            depth, nx, ny = overlap, sign * ux, sign * uy
    count, px, py = _inside_corners(ax, ay, a_cos, a_sin, hal, haw, bx, by, b_cos, b_sin, hbl, hbw)
    other, qx, qy = _inside_corners(bx, by, b_cos, b_sin, hbl, hbw, ax, ay, a_cos, a_sin, hal, haw)
    if count + other > 0:
        return True, nx, ny, depth, (px + qx) / (count + other), (py + qy) / (count + other)
    # Crossed rectangles: the midpoint between the two facing sides.
    reach_a = _extent(nx, ny, a_cos, a_sin, hal, haw)
    reach_b = _extent(nx, ny, b_cos, b_sin, hbl, hbw)
    return (
        True, nx, ny, depth,
        0.5 * (ax - nx * reach_a + bx + nx * reach_b), 0.5 * (ay - ny * reach_a + by + ny * reach_b),
    )


@njit(cache=True, _nrt=False)
def _side(k, ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width):
    """Return the normal from the second rectangle to the first across side k (0..7), and the overlap along it [m].

    Sides are the four axes of the two, each from one end and from the other.
    """
    yaw, turned, sign = (a_yaw, b_yaw)[k // 4], k // 2 % 2, 1.0 if k % 2 == 0 else -1.0
    nx, ny = math.cos(yaw), math.sin(yaw)
    if turned:
        nx, ny = -ny, nx
    nx, ny = sign * nx, sign * ny
    reach = _extent(nx, ny, math.cos(a_yaw), math.sin(a_yaw), 0.5 * a_length, 0.5 * a_width)
    reach += _extent(nx, ny, math.cos(b_yaw), math.sin(b_yaw), 0.5 * b_length, 0.5 * b_width)
    return nx, ny, reach - ((ax - bx) * nx + (ay - by) * ny)


@njit(cache=True, _nrt=False)
def struck_side(ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width, vx, vy, covered):
    """Return across which side (see `_side`) one rectangle has just run into another, −1 if none closes.

    Bodywork overlaps deeply, so that the least overlap need not be across the side that was struck: a post is narrower
    than a car crushes. Boxes began to touch when the last of the axes between them began to overlap, which is the one
    whose overlap is the least over the speed at which it grows.

    Args:
        ax: As of `box_contact`; the second is the scenery or another actor.
        vx: Velocity of the first against the second where they touch, x and y [m/s].
        covered: Faces of the second that lie against its like, by bits: ahead 1, behind 2, left 4, right 8.
    """
    least, side = math.inf, -1
    for k in range(8):
        nx, ny, overlap = _side(k, ax, ay, a_yaw, a_length, a_width, bx, by, b_yaw, b_length, b_width)
        closing = -(vx * nx + vy * ny)
        beyond = (ax - bx) * nx + (ay - by) * ny < 0.0  # it is on the other side
        if beyond or closing <= 0.0 or overlap >= least * closing:
            continue
        along, across = nx * math.cos(b_yaw) + ny * math.sin(b_yaw), -nx * math.sin(b_yaw) + ny * math.cos(b_yaw)
        face = (1 if along > 0.0 else 2) if abs(along) >= abs(across) else (4 if across > 0.0 else 8)
        if not covered & face:
            least, side = overlap / closing, k
    return side


class ObstacleGrid:
    """The scenery's boxes as arrays with a spatial hash, all fixed for an episode.

    Attributes:
        boxes: x, y, yaw, length, width, lowest z, highest z, and which faces lie against another box, by bits as of
            `struck_side`: one does not run into the joints of a rail. Shape (num_boxes, 8).
        origin: Corner of the hash [m]. Shape (2,).
        cell: Edge of a cell [m].
        first: CSR over the cells, row-major. Shape (rows · columns + 1,).
        member: Box of each entry.
        columns: Cells along x.
        rows: Cells along y.
    """

    def __init__(self, obstacles: tuple[StaticBox, ...], cell: float = 8.0) -> None:
        self.boxes = np.zeros((len(obstacles), 8))
        for i, box in enumerate(obstacles):
            x, y, z = box.position
            length, width, height = box.size
            self.boxes[i, :7] = (x, y, box.yaw, length, width, z - 0.5 * height, z + 0.5 * height)
        lower, upper = self._bounds()
        self.origin = lower.min(axis=0) if len(obstacles) else np.zeros(2)
        span = upper.max(axis=0) - self.origin if len(obstacles) else np.zeros(2)
        # A map of a few boxes kilometres apart must not need a gigabyte of cells.
        self.cell = max(cell, float(span.max()) / 1024.0)
        self.columns, self.rows = (int(n) for n in np.floor(span / self.cell) + 1)
        members: list[list[int]] = [[] for _ in range(self.columns * self.rows)]
        for i in range(len(obstacles)):
            low = np.floor((lower[i] - self.origin) / self.cell).astype(int)
            high = np.floor((upper[i] - self.origin) / self.cell).astype(int)
            for row in range(low[1], high[1] + 1):
                for column in range(low[0], high[0] + 1):
                    members[row * self.columns + column].append(i)
        self.first = np.zeros(len(members) + 1, np.int64)
        self.first[1:] = np.cumsum([len(cell_members) for cell_members in members])
        self.member = np.array([i for cell_members in members for i in cell_members], np.int64)
        _cover_faces(self.boxes, self.origin, self.cell, self.first, self.member, self.columns, self.rows)

    def _bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        cosine, sine = np.abs(np.cos(self.boxes[:, 2])), np.abs(np.sin(self.boxes[:, 2]))
        half_x = 0.5 * (self.boxes[:, 3] * cosine + self.boxes[:, 4] * sine)
        half_y = 0.5 * (self.boxes[:, 3] * sine + self.boxes[:, 4] * cosine)
        half = np.stack([half_x, half_y], axis=1)
        return self.boxes[:, :2] - half, self.boxes[:, :2] + half


@njit(cache=True, _nrt=False)
def _cover_faces(boxes, origin, cell, first, member, columns, rows):
    """Mark the faces of boxes whose middle lies against or inside another box that is as high."""
    for i in range(len(boxes)):
        cosine, sine, faces = math.cos(boxes[i, 2]), math.sin(boxes[i, 2]), 0
        for face in range(4):
            reach = 0.5 * boxes[i, 3 if face < 2 else 4] + _JOINT
            u = (reach if face == 0 else -reach) if face < 2 else 0.0
            v = (reach if face == 2 else -reach) if face >= 2 else 0.0
            x, y = boxes[i, 0] + u * cosine - v * sine, boxes[i, 1] + u * sine + v * cosine
            column, row = int((x - origin[0]) // cell), int((y - origin[1]) // cell)
            if not (0 <= column < columns and 0 <= row < rows):
                continue
            for k in range(first[row * columns + column], first[row * columns + column + 1]):
                j = member[k]
                if j == i or boxes[j, 5] > boxes[i, 5] + _JOINT or boxes[j, 6] < boxes[i, 6] - _JOINT:
                    continue
                dx, dy = x - boxes[j, 0], y - boxes[j, 1]
                c, s = math.cos(boxes[j, 2]), math.sin(boxes[j, 2])
                if abs(dx * c + dy * s) <= 0.5 * boxes[j, 3] and abs(-dx * s + dy * c) <= 0.5 * boxes[j, 4]:
                    faces |= 1 << face
        boxes[i, 7] = faces


@njit(cache=True, _nrt=False)
def find_contacts(active, still, pose, size, boxes, origin, cell, first, member, columns, rows, out):
    """Write every pair of boxes of one world that overlaps into `out`; actors first, then the scenery.

    Args:
        active: Actors that can be touched. Shape (num_actors,).
        still: Actors whose motion is given; two of them do not touch. Shape (num_actors,).
        pose: Box centre x, y, yaw, lowest z, highest z, and how much both rise along x and y [m/m]: what stands on a
            slope passes over what lies on it. Shape (num_actors, 7).
        size: Length and width [m]. Shape (num_actors, 2).
        boxes: And the arguments after it: the fields of `ObstacleGrid`.
        out: Contact rows. Shape (capacity, COLUMNS).

    Returns:
        Number of contacts found, which may exceed the capacity; rows past it are not written.
    """
    num_actors = active.shape[0]
    count = 0
    for a in range(num_actors):
        if not active[a]:
            continue
        radius = 0.5 * math.sqrt(size[a, 0] * size[a, 0] + size[a, 1] * size[a, 1])
        for b in range(a + 1, num_actors):
            if not active[b] or (still[a] and still[b]):
                continue
            dx, dy = pose[b, 0] - pose[a, 0], pose[b, 1] - pose[a, 1]
            reach = radius + 0.5 * (size[b, 0] + size[b, 1])
            if dx * dx + dy * dy > reach * reach:
                continue
            touching, nx, ny, depth, px, py = box_contact(
                pose[a, 0], pose[a, 1], pose[a, 2], size[a, 0], size[a, 1],
                pose[b, 0], pose[b, 1], pose[b, 2], size[b, 0], size[b, 1],
            )
            if not touching:
                continue
            rise, other = rise_at(pose, a, px, py), rise_at(pose, b, px, py)
            low = max(pose[a, 3] + rise, pose[b, 3] + other)
            high = min(pose[a, 4] + rise, pose[b, 4] + other)
            if low > high:
                continue
            if count < out.shape[0]:
                _write(out, count, a, b, px, py, 0.5 * (low + high), nx, ny, depth)
            count += 1
        if still[a] or boxes.shape[0] == 0:
            continue
        column_low = max(0, int(math.floor((pose[a, 0] - radius - origin[0]) / cell)))
        column_high = min(columns - 1, int(math.floor((pose[a, 0] + radius - origin[0]) / cell)))
        row_low = max(0, int(math.floor((pose[a, 1] - radius - origin[1]) / cell)))
        row_high = min(rows - 1, int(math.floor((pose[a, 1] + radius - origin[1]) / cell)))
        start = count
        for row in range(row_low, row_high + 1):
            for column in range(column_low, column_high + 1):
                for k in range(first[row * columns + column], first[row * columns + column + 1]):
                    i = member[k]
                    seen = False
                    for c in range(start, min(count, out.shape[0])):
                        seen = seen or out[c, 1] == -1.0 - i
                    if seen:
                        continue
                    touching, nx, ny, depth, px, py = box_contact(
                        pose[a, 0], pose[a, 1], pose[a, 2], size[a, 0], size[a, 1],
                        boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3], boxes[i, 4],
                    )
                    if not touching:
                        continue
                    rise = rise_at(pose, a, px, py)
                    low, high = max(pose[a, 3] + rise, boxes[i, 5]), min(pose[a, 4] + rise, boxes[i, 6])
                    if low > high:
                        continue
                    if count < out.shape[0]:
                        _write(out, count, a, -1 - i, px, py, 0.5 * (low + high), nx, ny, depth)
                    count += 1
    return count


@njit(cache=True, _nrt=False)
def rise_at(pose, a, x, y):
    """Return how much higher an actor's box is at a place than at its middle [m]."""
    return pose[a, 5] * (x - pose[a, 0]) + pose[a, 6] * (y - pose[a, 1])


@njit(cache=True, _nrt=False)
def _write(out, row, actor, other, px, py, z, nx, ny, depth):
    out[row, 0], out[row, 1] = actor, other
    out[row, 2], out[row, 3], out[row, 4] = px, py, z
    out[row, 5], out[row, 6], out[row, 7] = nx, ny, depth
    out[row, 8], out[row, 9], out[row, 10], out[row, 11], out[row, 12] = 0.0, 0.0, 0.0, HARD, -1.0


@njit(cache=True, _nrt=False)
def _relative_velocity(rows, c, twist, center):
    """Return the velocity of the actor's contact point against the other's (x, y) [m/s]."""
    a, b = int(rows[c, 0]), int(rows[c, 1])
    vx = twist[a, 0] - twist[a, 2] * (rows[c, 3] - center[a, 1])
    vy = twist[a, 1] + twist[a, 2] * (rows[c, 2] - center[a, 0])
    if b >= 0:
        vx -= twist[b, 0] - twist[b, 2] * (rows[c, 3] - center[b, 1])
        vy -= twist[b, 1] + twist[b, 2] * (rows[c, 2] - center[b, 0])
    return vx, vy


@njit(cache=True, _nrt=False)
def _mobility_along(rows, c, actor, ux, uy, center, inverse_mass, inverse_inertia):
    """Return an actor's inverse effective mass at a contact along a direction [1/kg]."""
    arm = (rows[c, 2] - center[actor, 0]) * uy - (rows[c, 3] - center[actor, 1]) * ux
    return inverse_mass[actor] + arm * arm * inverse_inertia[actor]


@njit(cache=True, _nrt=False)
def _apply(rows, c, actor, px, py, center, inverse_mass, inverse_inertia, twist):
    """Add an impulse (x, y) [N s] at a contact to an actor's velocity."""
    twist[actor, 0] += px * inverse_mass[actor]
    twist[actor, 1] += py * inverse_mass[actor]
    arm = (rows[c, 2] - center[actor, 0]) * py - (rows[c, 3] - center[actor, 1]) * px
    twist[actor, 2] += arm * inverse_inertia[actor]


@njit(cache=True)
def solve_contacts(
    count, last, crushes, pose, size, boxes, center, inverse_mass, inverse_inertia, step, rows, twist, push
):
    """Change the actors' velocities so that no pair goes on into each other; fill impulses and closing speed.

    Args:
        count: Contacts in `rows`.
        last: Rows of the tick before: bodywork goes on crushing across the side that was struck. Shape (n, COLUMNS).
        crushes: Actors with bodywork. Shape (num_actors,).
        pose: As `find_contacts` took it.
        size: The same.
        boxes: The same.
        center: Centre of mass, x and y [m]. Shape (num_actors, 2).
        inverse_mass: 0 for an actor that is not to be moved [1/kg]. Shape (num_actors,).
        inverse_inertia: About the vertical axis [1/(kg m²)]. Shape (num_actors,).
        step: [s].
        rows: Contact rows, see `find_contacts`; columns from 8 on are written, and normal and depth where
            bodywork crushes.
        twist: Velocity of the centre of mass, x and y [m/s], and yaw rate [rad/s]; changed. Shape (num_actors, 3).
        push: Displacement that takes the boxes apart, x and y [m]; changed. Shape (num_actors, 2).
    """
    target, most = np.zeros(count), np.full(count, math.inf)
    for c in range(count):
        a, b = int(rows[c, 0]), int(rows[c, 1])
        vx, vy = _relative_velocity(rows, c, twist, center)
        other = inverse_mass[b] if b >= 0 else 0.0
        if crushes[a] and (b < 0 or crushes[b]) and inverse_mass[a] + other > 0.0:
            rows[c, 11] = CRUSHING
            side = -1
            for k in range(last.shape[0]):
                if last[k, 0] == a and last[k, 1] == rows[c, 1] and last[k, 11] != HARD:
                    side = int(last[k, 12])
            if b >= 0:
                bx, by, b_yaw, b_length, b_width = pose[b, 0], pose[b, 1], pose[b, 2], size[b, 0], size[b, 1]
                covered = 0
            else:
                bx, by, b_yaw = boxes[-1 - b, 0], boxes[-1 - b, 1], boxes[-1 - b, 2]
                b_length, b_width, covered = boxes[-1 - b, 3], boxes[-1 - b, 4], int(boxes[-1 - b, 7])
            if side < 0:
                side = struck_side(
                    pose[a, 0], pose[a, 1], pose[a, 2], size[a, 0], size[a, 1], bx, by, b_yaw, b_length, b_width, vx,
                    vy, covered,
                )
            rows[c, 12], rows[c, 7] = side, 0.0
            if side >= 0:
                rows[c, 5], rows[c, 6], rows[c, 7] = _side(
                    side, pose[a, 0], pose[a, 1], pose[a, 2], size[a, 0], size[a, 1], bx, by, b_yaw, b_length, b_width
                )
            most[c] = crush_force(rows[c, 7], inverse_mass[a], other) * step
        closing = -(vx * rows[c, 5] + vy * rows[c, 6])
        rows[c, 9] = max(0.0, closing)
        if rows[c, 11] == HARD and closing > RESTING_SPEED:
            target[c] = RESTITUTION * closing
    for c in range(count):  # boxes of the scenery that are one wall yield to nobody twice
        alike = 0
        for d in range(count):
            same = rows[d, 0] == rows[c, 0] and rows[d, 1] < 0.0 and rows[c, 1] < 0.0 and rows[d, 7] > 0.0
            if same and rows[d, 5] * rows[c, 5] + rows[d, 6] * rows[c, 6] > _LIKE:
                alike += 1
        most[c] /= max(1, alike)
    for _ in range(ITERATIONS):
        for c in range(count):
            a, b = int(rows[c, 0]), int(rows[c, 1])
            nx, ny = rows[c, 5], rows[c, 6]
            inverse = _mobility_along(rows, c, a, nx, ny, center, inverse_mass, inverse_inertia)
            sideways = _mobility_along(rows, c, a, -ny, nx, center, inverse_mass, inverse_inertia)
            if b >= 0:
                inverse += _mobility_along(rows, c, b, nx, ny, center, inverse_mass, inverse_inertia)
                sideways += _mobility_along(rows, c, b, -ny, nx, center, inverse_mass, inverse_inertia)
            if inverse <= 0.0:
                continue
            vx, vy = _relative_velocity(rows, c, twist, center)
            before = rows[c, 8]
            rows[c, 8] = min(most[c], max(0.0, before + (target[c] - (vx * nx + vy * ny)) / inverse))
            change = rows[c, 8] - before
            _apply(rows, c, a, change * nx, change * ny, center, inverse_mass, inverse_inertia, twist)
            if b >= 0:
                _apply(rows, c, b, -change * nx, -change * ny, center, inverse_mass, inverse_inertia, twist)
            vx, vy = _relative_velocity(rows, c, twist, center)
            limit = CONTACT_FRICTION * rows[c, 8]
            before = rows[c, 10]
            rows[c, 10] = min(limit, max(-limit, before - (-vx * ny + vy * nx) / sideways))
            change = rows[c, 10] - before
            _apply(rows, c, a, -change * ny, change * nx, center, inverse_mass, inverse_inertia, twist)
            if b >= 0:
                _apply(rows, c, b, change * ny, -change * nx, center, inverse_mass, inverse_inertia, twist)
    for c in range(count):
        a, b = int(rows[c, 0]), int(rows[c, 1])
        weight = inverse_mass[a] + (inverse_mass[b] if b >= 0 else 0.0)
        if weight <= 0.0:
            continue
        if rows[c, 11] != HARD:
            rows[c, 11] = RESTING if rows[c, 8] * weight <= _LEAN * GRAVITY * step else CRUSHING
            continue
        length = _PUSH * max(0.0, rows[c, 7] - _SLOP) / weight
        push[a, 0] += length * inverse_mass[a] * rows[c, 5]
        push[a, 1] += length * inverse_mass[a] * rows[c, 6]
        if b >= 0:
            push[b, 0] -= length * inverse_mass[b] * rows[c, 5]
            push[b, 1] -= length * inverse_mass[b] * rows[c, 6]
