"""Contacts of upright oriented boxes: where they touch, and the impulses that keep them apart.

Penetration by the separating-axis test, impulses one contact after another with accumulated clamping (Catto, "Iterative
dynamics with temporal coherence", GDC 2005), in the ground plane. The vertical axis only decides whether boxes overlap
at all: one that flies above another does not touch it. Where bodywork meets bodywork or the scenery, the impulse of a
tick is at most what it takes to crush it (see `crush`), and the boxes stay overlapped; all else is hard.
"""

import math

import numpy as np
from numba import njit

from simengine.core.geometry import boxes_gap
from simengine.core.gravity import GRAVITY
from simengine.physics.contact.box_overlap import box_contact, run_through, side_overlap, struck_side
from simengine.physics.contact.crush import crush_force
from simengine.physics.contact.obstacle_grid import JOINT

RESTITUTION = 0.1  # crashes above 30 km/h are nearly plastic (Brach & Brach, "Vehicle Accident Analysis", ch. 6)
CONTACT_FRICTION = 0.4  # of sliding bodywork, middle of the 0.3–0.6 of the same source
RESTING_SPEED = 1.0  # slower approaches do not bounce [m/s]
ITERATIONS = 8
_SLOP = 0.005  # penetration left alone [m]
_PUSH = 0.8  # share of the rest undone per tick
_LEAN = 0.02  # of its weight, with which a wreck may lean against what it ran into
_LIKE = 0.7  # cosine between normals of what is one side of the scenery
# Columns of a contact row: actor, other, x, y, z, normal x, normal y, depth, impulse, closing speed, impulse across the
# normal (to its left), what it is (`HARD`, `CRUSHING`, or `RESTING`: a wreck that lies against another), and across
# which side of the boxes bodywork crushes.
COLUMNS = 13
HARD, CRUSHING, RESTING = 0.0, 1.0, 2.0


@njit(cache=True, _nrt=False)
def find_contacts(active, still, pose, size, boxes, origin, cell, first, member, columns, rows, out):
    """Write every pair of boxes of one world that overlaps into `out`; actors first, then the scenery.

    Args:
        active: Actors that can be touched. Shape (num_actors,).
        still: Actors whose motion is given; two of them do not touch. Shape (num_actors,).
        pose: Box center x, y, yaw, lowest z, highest z, and how much both rise along x and y [m/m]: what stands on a
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


@njit(cache=True, _nrt=False)
def _side_of_wall(last, actor, box, boxes):
    """Return across which side of a box an actor goes on crushing that reaches it along a wall or rail, −1 if none.

    Deep in a rail it is nearer to the back of the next box, and must not be let out there.

    Args:
        last: Rows of the tick before.
        actor: Who crushes.
        box: Row of the box among `boxes`.
        boxes: The scenery.
    """
    best, side = _LIKE, -1
    for k in range(last.shape[0]):
        if last[k, 0] != actor or last[k, 1] >= 0.0 or last[k, 11] == HARD or last[k, 12] < 0.0 or last[k, 7] <= 0.0:
            continue
        j = int(-1.0 - last[k, 1])
        gap = boxes_gap(
            boxes[j, 0], boxes[j, 1], boxes[j, 2], boxes[j, 3], boxes[j, 4],
            boxes[box, 0], boxes[box, 1], boxes[box, 2], boxes[box, 3], boxes[box, 4],
        )
        if gap > JOINT:
            continue
        cosine, sine = math.cos(boxes[box, 2]), math.sin(boxes[box, 2])
        along, across = last[k, 5] * cosine + last[k, 6] * sine, -last[k, 5] * sine + last[k, 6] * cosine
        for i in range(4):
            like = (along, -along, across, -across)[i]
            if like > best:
                best, side = like, 4 + i
    return side


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
        center: Center of mass, x and y [m]. Shape (num_actors, 2).
        inverse_mass: 0 for an actor that is not to be moved [1/kg]. Shape (num_actors,).
        inverse_inertia: About the vertical axis [1/(kg m²)]. Shape (num_actors,).
        step: [s].
        rows: Contact rows, see `find_contacts`; columns from 8 on are written, and normal and depth where
            bodywork crushes.
        twist: Velocity of the center of mass, x and y [m/s], and yaw rate [rad/s]; changed. Shape (num_actors, 3).
        push: Displacement that takes the boxes apart, x and y [m]; changed. Shape (num_actors, 2).
    """
    target, most = np.zeros(count), np.full(count, math.inf)
    for c in range(count):
        a, b = int(rows[c, 0]), int(rows[c, 1])
        vx, vy = _relative_velocity(rows, c, twist, center)
        other = inverse_mass[b] if b >= 0 else 0.0
        if b >= 0:
            bx, by, b_yaw, b_length, b_width = pose[b, 0], pose[b, 1], pose[b, 2], size[b, 0], size[b, 1]
            covered = 0
        else:
            bx, by, b_yaw = boxes[-1 - b, 0], boxes[-1 - b, 1], boxes[-1 - b, 2]
            b_length, b_width, covered = boxes[-1 - b, 3], boxes[-1 - b, 4], int(boxes[-1 - b, 7])
        if crushes[a] and (b < 0 or crushes[b]) and inverse_mass[a] + other > 0.0:
            rows[c, 11] = CRUSHING
            side = -1
            for k in range(last.shape[0]):
                if last[k, 0] == a and last[k, 1] == rows[c, 1] and last[k, 11] != HARD:
                    side = int(last[k, 12])
            if side < 0 and b < 0:
                side = _side_of_wall(last, a, -1 - b, boxes)
            if side < 0:
                side = struck_side(
                    pose[a, 0], pose[a, 1], pose[a, 2], size[a, 0], size[a, 1], bx, by, b_yaw, b_length, b_width, vx,
                    vy, covered, step,
                )
            rows[c, 12], rows[c, 7] = side, 0.0
            if side >= 0:
                rows[c, 5], rows[c, 6], rows[c, 7] = side_overlap(
                    side, pose[a, 0], pose[a, 1], pose[a, 2], size[a, 0], size[a, 1], bx, by, b_yaw, b_length, b_width
                )
            most[c] = crush_force(rows[c, 7], inverse_mass[a], other) * step
        elif not (b >= 0 and inverse_mass[a] + other <= 0.0):
            back = run_through(
                pose[a, 0], pose[a, 1], pose[a, 2], size[a, 0], size[a, 1], bx, by, b_yaw, b_length, b_width,
                rows[c, 5], rows[c, 6], rows[c, 7], (vx * rows[c, 5] + vy * rows[c, 6]) * step,
            )
            if back > 0.0:
                rows[c, 5], rows[c, 6], rows[c, 7] = -rows[c, 5], -rows[c, 6], back
        closing = -(vx * rows[c, 5] + vy * rows[c, 6])
        rows[c, 9] = max(0.0, closing)
        if rows[c, 11] == HARD and closing > RESTING_SPEED:
            target[c] = RESTITUTION * closing
    single = most.copy()
    for c in range(count):  # boxes of the scenery that are one wall yield to nobody twice, as deep as any of them
        alike = 0
        for d in range(count):
            same = rows[d, 0] == rows[c, 0] and rows[d, 1] < 0.0 and rows[c, 1] < 0.0 and rows[d, 7] > 0.0
            if same and rows[d, 5] * rows[c, 5] + rows[d, 6] * rows[c, 6] > _LIKE:
                alike += 1
                most[c] = max(most[c], single[d])
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
