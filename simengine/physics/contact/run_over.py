"""Touches of vehicles that run over what lies on the road.

Neither physics has contacts of wheels, only the ground that they stand on, so a vehicle that rolls over a ladder would
touch nothing. What lies under its floor is touched from above, and the speed along that normal says nothing of how it
was met. Here a wheel that stands on a load is a touch along its way, with the speed at which it meets the load and no
impulse, as none is told apart from what carries the vehicle; and a touch from above has that speed too.
"""

import math

import numpy as np

from simengine.core.heading import yaw_of_actor
from simengine.core.state import ActorTable, Mobility, WorldState
from simengine.physics.backend import Contact
from simengine.physics.contact.footing import box_around, over_box
from simengine.physics.vehicle.suspension import GROUND_COLUMNS, HEIGHT
from simengine.physics.vehicle.wheels import ackermann
from simengine.road.network.network import LaneArrays
from simengine.road.network.projection import ground_at

_STILL = 0.1  # a wheel that moves no faster against what it stands on does not run over it [m/s]
_FROM_ABOVE = 0.7  # vertical part of the normal of a touch from which the one lies under the other


def with_run_over(contacts: list[Contact], actors: ActorTable, lanes: LaneArrays, state: WorldState) -> list[Contact]:
    """Return the contacts of a tick of world 0 with those of vehicles that run over loads.

    Args:
        contacts: As the physics tells them.
        actors: What the actors are.
        lanes: The ground.
        state: After the tick.
    """
    loads = np.flatnonzero(state.valid[0] & (actors.mobility[0] == Mobility.FREE))
    if len(loads) == 0:
        return contacts
    found = [_as_met(contact, actors, state) for contact in contacts]
    touching = {(contact.actor, contact.other) for contact in contacts}
    driven = state.valid[0] & ~state.replayed[0] & (actors.mobility[0] == Mobility.WHEELED)
    place, reach = state.position[0, :, :2], 0.5 * np.hypot(actors.length[0], actors.width[0])
    for load in loads.tolist():
        distance = np.hypot(*(place - place[load]).T)
        for vehicle in np.flatnonzero(driven & (distance < reach + reach[load])).tolist():
            pair = (min(vehicle, load), max(vehicle, load))
            speed, way = _meeting(state, vehicle, load)
            if pair in touching or speed <= _STILL:
                continue
            where = _wheel_on(actors, lanes, state, vehicle, load)
            if where is not None:
                sign = -1.0 if vehicle == pair[0] else 1.0  # the normal leads from the other to the actor
                normal = (sign * way[0], sign * way[1], 0.0)
                found.append(Contact(0, int(state.tick[0]), *pair, where, normal, 0.0, speed))
    return found


def _as_met(contact: Contact, actors: ActorTable, state: WorldState) -> Contact:
    """Return a contact; one from above of a vehicle with a load has the speed with which they met [m/s]."""
    if contact.other < 0 or abs(contact.normal[2]) < _FROM_ABOVE:
        return contact
    kinds = {int(actors.mobility[0, contact.actor]), int(actors.mobility[0, contact.other])}
    if kinds != {int(Mobility.WHEELED), int(Mobility.FREE)}:
        return contact
    speed, _ = _meeting(state, contact.actor, contact.other)
    return contact._replace(closing_speed=max(contact.closing_speed, speed))


def _meeting(state: WorldState, vehicle: int, load: int) -> tuple[float, tuple[float, float]]:
    """Return the speed of a vehicle against a load in plan view [m/s], and the unit vector of that."""
    x, y, _ = (state.velocity[0, vehicle] - state.velocity[0, load]).tolist()
    speed = math.hypot(x, y)
    return speed, (x / speed, y / speed) if speed > 0.0 else (1.0, 0.0)


def _wheel_on(
    actors: ActorTable, lanes: LaneArrays, state: WorldState, a: int, load: int
) -> tuple[float, float, float] | None:
    """Return where a wheel of a vehicle stands on a load [m], None if none does; as `lift.lift_over_loads` has it."""
    box, row = np.zeros(7), np.zeros(GROUND_COLUMNS)
    box_around(
        *state.position[0, load].tolist(), state.orientation[0, load], float(actors.length[0, load]),
        float(actors.width[0, load]), float(actors.height[0, load]), box,
    )  # fmt: skip
    x, y, z = state.position[0, a].tolist()
    yaw, offset = yaw_of_actor(state, 0, a), float(actors.cog_offset[0, a])
    cosine, sine = math.cos(yaw), math.sin(yaw)
    front, rear = float(actors.front_axle[0, a]), float(actors.rear_axle[0, a])
    tangent, radius = math.tan(float(state.steering[0, a])), float(actors.wheel_radius[0, a])
    for axle in (front, -rear):
        for left in _sides(0.5 * float(actors.track_width[0, a])):
            ahead = offset + axle
            px, py = x + ahead * cosine - left * sine, y + ahead * sine + left * cosine
            turn_cosine, turn_sine = ackermann(tangent, axle, left, front + rear)
            hx, hy = cosine * turn_cosine - sine * turn_sine, sine * turn_cosine + cosine * turn_sine
            row[HEIGHT] = ground_at(lanes, px, py, z - 0.5 * float(actors.height[0, a]))[0]
            if over_box(box, px, py, hx, hy, radius, row):
                return px, py, float(box[5])
    return None


def _sides(half: float) -> tuple[float, ...]:
    """Return where the wheels of an axle are to the left [m]: one in the middle where the track has no width."""
    return (half, -half) if half > 0.0 else (0.0,)
