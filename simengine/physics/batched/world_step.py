"""One tick of the batched physics, world by world: all move as if alone, contacts part them, the ground holds them."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.state import ActorTable, Behavior, Controls, WorldState
from simengine.physics.batched.actor_motion import move_actor
from simengine.physics.batched.actor_placement import carry_actor, place_actor
from simengine.physics.contact.contact_boxes import find_contacts, solve_contacts
from simengine.physics.contact.contact_records import PLANAR_BODY
from simengine.physics.contact.crush import has_bodywork
from simengine.physics.contact.lift import has_loads
from simengine.physics.contact.obstacle_grid import ObstacleGrid
from simengine.physics.vehicle.four_wheels import WHEEL
from simengine.physics.vehicle.lamp_switches import lit_lamps
from simengine.physics.vehicle.slippery_patches import RoadFriction
from simengine.road.network.network import LaneArrays

_PARKED = int(Behavior.PARKED)


class WorldContacts(NamedTuple):
    """What touched in each of many worlds during a tick."""

    rows: NDArray[np.void]  # of `CONTACT`. (num_envs, capacity)
    count: NDArray[np.int64]  # how many touched, perhaps more than there is room for. (num_envs,)


@njit(cache=True)
def advance_worlds(
    actors: ActorTable,
    before: WorldState,
    controls: Controls,
    road: RoadFriction,
    lanes: LaneArrays,
    grid: ObstacleGrid,
    kinematic: bool,
    step: float,
    last: WorldContacts,
    after: WorldState,
    contact_rows: NDArray[np.void],
    contact_counts: NDArray[np.int64],
) -> None:
    """Advance every world by one tick.

    Args:
        actors: What the actors are.
        before: The state before the tick.
        controls: What is asked of them.
        road: Friction of the ground.
        lanes: Of the network, whose elevation the actors stand on.
        grid: The scenery.
        kinematic: Roll vehicles without slip; what strikes them is hard.
        step: [s].
        last: Contacts of the tick before.
        after: A copy of `before`; becomes the state after the tick.
        contact_rows: Written: what touches, of `CONTACT`. Shape (num_envs, capacity).
        contact_counts: Written: contacts found, perhaps more than the capacity. Shape (num_envs,).
    """
    num_envs, num_actors = before.valid.shape
    bodies, wheels, scratch = np.zeros(num_actors, PLANAR_BODY), np.zeros(4, WHEEL), np.zeros((3, 10))
    for e in range(num_envs):
        loads = has_loads(actors, before, e)
        for a in range(num_actors):
            body = bodies[a]
            body.active, body.still = before.valid[e, a], before.replayed[e, a]
            body.push_x = body.push_y = 0.0
            if not body.active:
                continue
            move_actor(actors, before, controls, road, kinematic, step, e, a, after, body, wheels)
            body.crushes = not kinematic and has_bodywork(actors.mobility[e, a], actors.track_width[e, a])
            body.inverse_mass = 0.0 if body.still else 1.0 / actors.mass[e, a]
            body.inverse_inertia = 0.0 if body.still else 1.0 / actors.yaw_inertia[e, a]
            body.free_vx, body.free_vy = body.vx, body.vy
        found = find_contacts(bodies, grid, contact_rows[e])
        contact_counts[e] = found
        found = min(found, contact_rows.shape[1])
        if found > 0:
            lasting = min(last.count[e], last.rows.shape[1])
            solve_contacts(last.rows[e, :lasting], grid.boxes, step, bodies, contact_rows[e, :found])
        for a in range(num_actors):
            body = bodies[a]
            if not body.active:
                continue
            if body.still:
                carry_actor(actors, before, step, e, a, after)
            else:
                body.x += body.push_x
                body.y += body.push_y
                place_actor(actors, before, road, lanes, loads, step, e, a, body, scratch, after)
            after.lights[e, a] = lit_lamps(
                actors.kind[e, a],
                actors.mobility[e, a],
                actors.behavior[e, a] == _PARKED,
                body.still,
                controls.lights[e, a],
                after.drive[e, a],
            )
        after.tick[e] = before.tick[e] + 1
