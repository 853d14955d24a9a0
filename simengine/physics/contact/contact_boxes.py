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

from simengine.core.mechanics import GRAVITY
from simengine.core.space.intersect import box_gap
from simengine.physics.contact.box_overlap import box_contact, run_through, side_overlap, struck_side
from simengine.physics.contact.contact_records import CRUSHING, HARD, NO_SIDE, RESTING, outline
from simengine.physics.contact.crush import crush_force
from simengine.physics.contact.obstacle_grid import JOINT, ObstacleGrid

RESTITUTION = 0.1  # crashes above 30 km/h are nearly plastic (Brach & Brach, "Vehicle Accident Analysis", ch. 6)
CONTACT_FRICTION = 0.4  # of sliding bodywork, middle of the 0.3–0.6 of the same source
RESTING_SPEED = 1.0  # slower approaches do not bounce [m/s]
ITERATIONS = 8
_SLOP = 0.005  # penetration left alone [m]
_PUSH = 0.8  # share of the rest undone per tick
_LEAN = 0.02  # of its weight, with which a wreck may lean against what it ran into
_LIKE = 0.7  # cosine between normals of what is one side of the scenery


@njit(cache=True, _nrt=False)
def find_contacts(bodies: NDArray[np.void], grid: ObstacleGrid, out: NDArray[np.void]) -> int:
    """Write every pair of boxes of one world that overlaps into `out`; actors first, then the scenery.

    Args:
        bodies: The actors as `PLANAR_BODY`. Shape (num_actors,).
        grid: The scenery.
        out: Written as `CONTACT`, except for what `solve_contacts` finds. Shape (capacity,).

    Returns:
        Number of contacts found, which may exceed the capacity; rows past it are not written.
    """
    num_actors = len(bodies)
    count = 0
    for a in range(num_actors):
        body = bodies[a]
        if not body.active:
            continue
        box = outline(body)
        radius = 0.5 * math.sqrt(body.length * body.length + body.width * body.width)
        for b in range(a + 1, num_actors):
            other = bodies[b]
            if not other.active or (body.still and other.still):
                continue
            dx, dy = other.x - body.x, other.y - body.y
            reach = radius + 0.5 * (other.length + other.width)
            if dx * dx + dy * dy > reach * reach:
                continue
            touching, nx, ny, depth, px, py = box_contact(box, outline(other))
            if not touching:
                continue
            rise, other_rise = rise_at(body, px, py), rise_at(other, px, py)
            low = max(body.low + rise, other.low + other_rise)
            high = min(body.high + rise, other.high + other_rise)
            if low > high:
                continue
            if count < len(out):
                _write(out[count], a, b, px, py, 0.5 * (low + high), nx, ny, depth)
            count += 1
        if body.still or len(grid.boxes) == 0:
            continue
        column_low = max(0, int(math.floor((body.x - radius - grid.origin[0]) / grid.cell)))
        column_high = min(grid.columns - 1, int(math.floor((body.x + radius - grid.origin[0]) / grid.cell)))
        row_low = max(0, int(math.floor((body.y - radius - grid.origin[1]) / grid.cell)))
        row_high = min(grid.rows - 1, int(math.floor((body.y + radius - grid.origin[1]) / grid.cell)))
        start = count
        for row in range(row_low, row_high + 1):
            for column in range(column_low, column_high + 1):
                k = row * grid.columns + column
                for entry in range(grid.first[k], grid.first[k + 1]):
                    i = grid.member[entry]
                    seen = False
                    for c in range(start, min(count, len(out))):
                        seen = seen or out[c].other == -1 - i
                    if seen:
                        continue
                    solid = grid.boxes[i]
                    touching, nx, ny, depth, px, py = box_contact(box, outline(solid))
                    if not touching:
                        continue
                    rise = rise_at(body, px, py)
                    low, high = max(body.low + rise, solid.low), min(body.high + rise, solid.high)
                    if low > high:
                        continue
                    if count < len(out):
                        _write(out[count], a, -1 - i, px, py, 0.5 * (low + high), nx, ny, depth)
                    count += 1
    return count


@njit(cache=True, _nrt=False)
def rise_at(body: np.void, x: float, y: float) -> float:
    """Return how much higher an actor's box is at a place than at its middle [m]."""
    return body.slope_x * (x - body.x) + body.slope_y * (y - body.y)


@njit(cache=True, _nrt=False)
def _write(
    contact: np.void, actor: int, other: int, px: float, py: float, z: float, nx: float, ny: float, depth: float
) -> None:
    """Write a contact that is not solved yet.

    Args:
        contact: Written, of `CONTACT`.
        actor, other: Who touches whom.
        px, py, z: Where [m].
        nx, ny: Unit normal.
        depth: Along it [m].
    """
    contact.actor, contact.other = actor, other
    contact.x, contact.y, contact.z = px, py, z
    contact.nx, contact.ny, contact.depth = nx, ny, depth
    contact.impulse, contact.closing_speed, contact.sliding_impulse = 0.0, 0.0, 0.0
    contact.kind, contact.side = HARD, NO_SIDE


@njit(cache=True, _nrt=False)
def _relative_velocity(contact: np.void, bodies: NDArray[np.void]) -> tuple[float, float]:
    """Return the velocity of the actor's contact point against the other's (x, y) [m/s]."""
    body = bodies[contact.actor]
    vx = body.vx - body.yaw_rate * (contact.y - body.center_y)
    vy = body.vy + body.yaw_rate * (contact.x - body.center_x)
    if contact.other >= 0:
        other = bodies[contact.other]
        vx -= other.vx - other.yaw_rate * (contact.y - other.center_y)
        vy -= other.vy + other.yaw_rate * (contact.x - other.center_x)
    return vx, vy


@njit(cache=True, _nrt=False)
def _mobility_along(contact: np.void, body: np.void, ux: float, uy: float) -> float:
    """Return a body's inverse effective mass at a contact along a direction [1/kg]."""
    arm = (contact.x - body.center_x) * uy - (contact.y - body.center_y) * ux
    return body.inverse_mass + arm * arm * body.inverse_inertia


@njit(cache=True, _nrt=False)
def _apply(contact: np.void, body: np.void, px: float, py: float) -> None:
    """Add an impulse (x, y) [N s] at a contact to a body's velocity."""
    body.vx += px * body.inverse_mass
    body.vy += py * body.inverse_mass
    arm = (contact.x - body.center_x) * py - (contact.y - body.center_y) * px
    body.yaw_rate += arm * body.inverse_inertia


@njit(cache=True, _nrt=False)
def _side_of_wall(last: NDArray[np.void], actor: int, box: int, boxes: NDArray[np.void]) -> int:
    """Return across which side of a box an actor goes on crushing that reaches it along a wall or rail, −1 if none.

    Deep in a rail it is nearer to the back of the next box, and must not be let out there.

    Args:
        last: Contacts of the tick before.
        actor: Who crushes.
        box: Index among `boxes`.
        boxes: The scenery.
    """
    best, side = _LIKE, NO_SIDE
    for k in range(len(last)):
        before = last[k]
        if before.actor != actor or before.other >= 0 or before.kind == HARD:
            continue
        if before.side == NO_SIDE or before.depth <= 0.0:
            continue
        if box_gap(outline(boxes[-1 - before.other]), outline(boxes[box])) > JOINT:
            continue
        cosine, sine = math.cos(boxes[box].yaw), math.sin(boxes[box].yaw)
        along, across = before.nx * cosine + before.ny * sine, -before.nx * sine + before.ny * cosine
        for i in range(4):
            like = (along, -along, across, -across)[i]
            if like > best:
                best, side = like, 4 + i
    return side


@njit(cache=True)
def solve_contacts(
    last: NDArray[np.void], boxes: NDArray[np.void], step: float, bodies: NDArray[np.void], rows: NDArray[np.void]
) -> None:
    """Change the actors' velocities so that no pair goes on into each other; fill impulses and closing speed.

    Args:
        last: Contacts of the tick before: bodywork goes on crushing across the side that was struck. Shape (n,).
        boxes: The scenery.
        step: [s].
        bodies: The actors; velocities and pushes are changed. Shape (num_actors,).
        rows: Contacts, see `find_contacts`; the rest is written, and normal and depth where bodywork crushes. Shape
            (count,).
    """
    count = len(rows)
    target, most = np.zeros(count), np.full(count, math.inf)
    for c in range(count):
        row = rows[c]
        body, a, b = bodies[row.actor], row.actor, row.other
        vx, vy = _relative_velocity(row, bodies)
        yields, covered, crushes, box = 0.0, 0, body.crushes, outline(body)
        if b >= 0:
            against, yields = outline(bodies[b]), bodies[b].inverse_mass
            crushes = crushes and bodies[b].crushes
        else:
            against, covered = outline(boxes[-1 - b]), boxes[-1 - b].covered
        if crushes and body.inverse_mass + yields > 0.0:
            row.kind = CRUSHING
            side = NO_SIDE
            for k in range(len(last)):
                if last[k].actor == a and last[k].other == b and last[k].kind != HARD:
                    side = last[k].side
            if side < 0 and b < 0:
                side = _side_of_wall(last, a, -1 - b, boxes)
            if side < 0:
                side = struck_side(box, against, vx, vy, covered, step)
            row.side, row.depth = side, 0.0
            if side >= 0:
                row.nx, row.ny, row.depth = side_overlap(side, box, against)
            most[c] = crush_force(row.depth, body.inverse_mass, yields) * step
        elif not (b >= 0 and body.inverse_mass + yields <= 0.0):
            back = run_through(box, against, row.nx, row.ny, row.depth, (vx * row.nx + vy * row.ny) * step)
            if back > 0.0:
                row.nx, row.ny, row.depth = -row.nx, -row.ny, back
        closing = -(vx * row.nx + vy * row.ny)
        row.closing_speed = max(0.0, closing)
        if row.kind == HARD and closing > RESTING_SPEED:
            target[c] = RESTITUTION * closing
    _share_walls(rows, most)
    for _ in range(ITERATIONS):
        for c in range(count):
            _solve_contact(bodies, target[c], most[c], rows[c])
    for c in range(count):
        row = rows[c]
        body, b = bodies[row.actor], row.other
        weight = body.inverse_mass + (bodies[b].inverse_mass if b >= 0 else 0.0)
        if weight <= 0.0:
            continue
        if row.kind != HARD:
            row.kind = RESTING if row.impulse * weight <= _LEAN * GRAVITY * step else CRUSHING
            continue
        length = _PUSH * max(0.0, row.depth - _SLOP) / weight
        body.push_x += length * body.inverse_mass * row.nx
        body.push_y += length * body.inverse_mass * row.ny
        if b >= 0:
            bodies[b].push_x -= length * bodies[b].inverse_mass * row.nx
            bodies[b].push_y -= length * bodies[b].inverse_mass * row.ny


@njit(cache=True)
def _share_walls(rows: NDArray[np.void], most: NDArray[np.float64]) -> None:
    """Let boxes of the scenery that are one wall yield to nobody twice, as deep as any of them.

    Args:
        rows: The contacts. Shape (count,).
        most: The greatest impulse of each [N s]; changed. Shape (count,).
    """
    single = most.copy()
    for c in range(len(rows)):
        row, alike = rows[c], 0
        for d in range(len(rows)):
            other = rows[d]
            same = other.actor == row.actor and other.other < 0 and row.other < 0 and other.depth > 0.0
            if same and other.nx * row.nx + other.ny * row.ny > _LIKE:
                alike += 1
                most[c] = max(most[c], single[d])
        most[c] /= max(1, alike)


@njit(cache=True, _nrt=False)
def _solve_contact(bodies: NDArray[np.void], target: float, most: float, row: np.void) -> None:
    """Bring one contact to its velocity by an impulse, and rub by what that allows.

    Args:
        bodies: The actors; velocities are changed. Shape (num_actors,).
        target: Velocity along the normal [m/s].
        most: Largest impulse along it [N s].
        row: The contact; its impulses are changed.
    """
    body, b, nx, ny = bodies[row.actor], row.other, row.nx, row.ny
    inverse = _mobility_along(row, body, nx, ny)
    sideways = _mobility_along(row, body, -ny, nx)
    if b >= 0:
        inverse += _mobility_along(row, bodies[b], nx, ny)
        sideways += _mobility_along(row, bodies[b], -ny, nx)
    if inverse <= 0.0:
        return
    vx, vy = _relative_velocity(row, bodies)
    before = row.impulse
    row.impulse = min(most, max(0.0, before + (target - (vx * nx + vy * ny)) / inverse))
    change = row.impulse - before
    _apply(row, body, change * nx, change * ny)
    if b >= 0:
        _apply(row, bodies[b], -change * nx, -change * ny)
    vx, vy = _relative_velocity(row, bodies)
    limit = CONTACT_FRICTION * row.impulse
    before = row.sliding_impulse
    row.sliding_impulse = min(limit, max(-limit, before - (-vx * ny + vy * nx) / sideways))
    change = row.sliding_impulse - before
    _apply(row, body, -change * ny, change * nx)
    if b >= 0:
        _apply(row, bodies[b], change * ny, -change * nx)
