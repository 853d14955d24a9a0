"""Physics of one world in PyBullet's rigid bodies: every actor a box with mass, forces from our own kernels.

Bullet integrates the bodies, finds contacts and solves them; tyres, suspension, drive, legs and motors are forces that
`forces.advance_forces` computes for all actors in one call, and the crushing of vehicles is one more (`bodywork`):
Bullet's own contacts are hard, and left to people, loads, two-wheelers and what has toppled. No pose is ever written: a
body is placed when it is made, which is at reset, when an actor appears, and when a replayed actor is handed over.
Before its hand-over a replayed actor has no body at all, so it can push nothing; it is handed over by the caller, or
here before anything dynamic can touch it (`replayed` is then false in the returned state). Wheels and feet stand on the
analytic ground; what lies or tumbles, on a slab where the network is level, else on mesh tiles.

Bullet's quaternions are x, y, z, w; they are converted here and nowhere else.
"""

import math
import os
import weakref

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from simengine.core.gravity import GRAVITY
from simengine.core.state import ActorTable, Controls, Mobility, WorldState, copy_state
from simengine.core.surface import ASPHALT
from simengine.physics.backend import Contact, Ground, Physics
from simengine.physics.bodies import empty_bodies, finish_tick, load_demands, load_given, load_motion, store
from simengine.physics.bodywork import UPRIGHT, add_crush_forces, with_bodywork
from simengine.physics.chassis import chassis_of
from simengine.physics.contact_boxes import COLUMNS, ObstacleGrid
from simengine.physics.footing import REACH, kerb_grid, low_boxes
from simengine.physics.forces import advance_forces
from simengine.physics.hand_over import find_hand_overs
from simengine.physics.materials import GROUND_RESTITUTION, LOAD_RESTITUTION, SLIDING_FRICTION
from simengine.physics.settle import enter_world
from simengine.physics.terrain import SAMPLES, STOREY, TILE_SIZE, sample_tile, tile_mesh, tiles_around
from simengine.physics.touches import ContactSums
from simengine.road.network import lane_arrays
from simengine.road.projection import ground_at


def _import_pybullet():
    """Import PyBullet without the build time that it prints on stderr."""
    saved, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        import pybullet
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)
    return pybullet


try:
    p = _import_pybullet()
except ImportError:
    raise ImportError('physics=bullet needs PyBullet: pip install "simengine[bullet]"') from None

_LONGEST_STEP = 1.0 / 100.0  # of the integration [s]; slower ticks are divided
# Collision groups. A walker on its feet does not touch Bullet's ground: its legs stand on the analytic one.
# Upright bodywork meets neither the scenery nor its like there.
_GROUND, _SCENERY, _BODY, _STANDING, _BODYWORK = 1, 2, 4, 8, 16
# Friction and restitution of a body on its partner are products of the two: metal on metal about 0.5. Crashes are
# nearly plastic.
_FRICTION = {
    Mobility.WHEELED: 0.7, Mobility.DIFFERENTIAL: 0.7, Mobility.WALKER: SLIDING_FRICTION,
    Mobility.FREE: SLIDING_FRICTION,
}  # fmt: skip
_SCENERY_FRICTION = 0.8
_RESTITUTION = {
    Mobility.WHEELED: 0.3, Mobility.DIFFERENTIAL: 0.3, Mobility.WALKER: 0.0, Mobility.FREE: LOAD_RESTITUTION,
}  # fmt: skip
_SCENERY_RESTITUTION = GROUND_RESTITUTION
# Baumgarte factor with which interpenetration is undone: 0.1 m in a crash separates at 0.6 m/s.
_CONTACT_ERP = 0.05
_STRUCK_SPEED = 1.5  # change of velocity by a blow that a walker or rider does not stay up through [m/s]
_SLAB_MARGIN = 1000.0  # of level ground beyond the network, and its thickness [m]
_REACH = 3.0  # of the ground tiles around what needs them, besides its size [m]


def _disconnect(client: int) -> None:
    """Free one of Bullet's worlds, unless Bullet has freed it itself."""
    if p.isConnected(client):
        p.disconnect(physicsClientId=client)


class BulletPhysics(Physics):
    """One world of rigid bodies; see the module.

    `reset` may be called any number of times, `close` frees the world; so does the garbage collector, since a user's
    own loop often drops a simulator without closing it, and a world of Bullet's takes tens of megabytes.
    """

    def __init__(self) -> None:
        self._client = -1
        self._free: weakref.finalize | None = None
        self._contacts: list[Contact] = []

    def reset(self, actors: ActorTable, state: WorldState, ground: Ground, rate_hz: int) -> WorldState:
        """Build the world anew and return its state with every actor at rest on its springs or feet; see `Physics`."""
        if state.valid.shape[0] != 1:
            raise ScenarioError(f"physics=bullet: num_envs is {state.valid.shape[0]}; it holds exactly 1 world")
        if rate_hz <= 0:
            raise ScenarioError(f"physics.rate_hz: {rate_hz} is not allowed; must be positive")
        self.close()
        self._ground = ground
        self._chassis, self._lanes = chassis_of(actors), lane_arrays(ground.network)
        self._sliding = float(np.broadcast_to(ground.sliding, 1)[0])
        self._tick_step = 1.0 / rate_hz
        self._substeps = max(1, math.ceil(self._tick_step / _LONGEST_STEP - 1e-9))
        self._dt = self._tick_step / self._substeps
        count = actors.mass.shape[1]
        self._bodies = empty_bodies(count)
        self._must_hand_over = np.zeros(count, np.bool_)
        self._uid = np.full(count, -1, np.int64)
        self._members: list[tuple[int, int]] = []  # actor and body of everything dynamic, by actor
        self._actor_of_uid: dict[int, int] = {}
        self._ground_uids: set[int] = set()
        self._bodywork = with_bodywork(self._chassis)
        self._crushes = np.zeros(count, np.bool_)  # of them, those that stand upright
        self._rows = np.zeros((max(8, 2 * count), COLUMNS))
        self._obstacles = ObstacleGrid(ground.obstacles)
        self._kerbs, self._low = kerb_grid(self._lanes, REACH), low_boxes(ground.obstacles)
        self._shapes: dict[tuple[float, ...], int] = {}
        self._tiles: dict[tuple[int, int], list[NDArray[np.float64]]] = {}
        self._contacts = []
        self._open()
        settled = copy_state(state)
        self._bodies["grip"], self._bodies["burst"] = state.tyre_grip[0], state.tyre_burst[0]
        self._follow_changes(state, settled)
        store(self._bodies, settled)
        return settled

    def step(self, state: WorldState, controls: Controls) -> WorldState:
        """Advance by one tick; see `Physics` and the module about `replayed`."""
        after = copy_state(state)
        after.tick[:] += 1
        load_demands(state, controls, self._bodies)
        self._follow_changes(state, after)
        if math.isnan(self._lanes.level):
            self._lay_ground()
        touches = ContactSums(self._actor_of_uid, self._ground_uids, self._bodies)
        for _ in range(self._substeps):
            self._substep(touches)
        finish_tick(self._chassis, self._bodies, self._tick_step)
        store(self._bodies, after)
        self._contacts = touches.contacts(int(after.tick[0]))
        self._knock_down()
        return after

    def contacts(self) -> list[Contact]:
        """Return what touched during the last tick; standing, lying and rolling on the ground is no contact."""
        return self._contacts

    def close(self) -> None:
        """Disconnect from Bullet; may be called twice."""
        if self._free is not None:
            self._free()  # does its work once, however often it is called
        self._client = -1

    # ---------------------------------------------------------------------------------------------- the world's bodies

    def _open(self) -> None:
        """Connect, set the engine up, lay the slab and place the scenery."""
        self._client = client = p.connect(p.DIRECT)
        if client < 0:
            raise ScenarioError(
                "physics=bullet: PyBullet gives no further world: too many simulators are open; close() some"
            )
        self._free = weakref.finalize(self, _disconnect, client)
        p.setPhysicsEngineParameter(
            fixedTimeStep=self._dt, numSubSteps=0, deterministicOverlappingPairs=1, contactERP=_CONTACT_ERP,
            enableFileCaching=0, physicsClientId=client,
        )  # fmt: skip
        p.setGravity(0.0, 0.0, -GRAVITY, physicsClientId=client)
        if not math.isnan(self._lanes.level):
            # A slab, not Bullet's plane: boxes that slide on a plane sink into it and stay there until they stop.
            place = self._ground.network.point_position
            low, high = place.min(axis=0) - _SLAB_MARGIN, place.max(axis=0) + _SLAB_MARGIN
            size, middle = (high - low).tolist(), (0.5 * (low + high)).tolist()
            slab = self._box_shape((size[0], size[1], _SLAB_MARGIN), (0.0, 0.0, 0.0))
            self._add_ground(slab, (middle[0], middle[1], self._lanes.level - 0.5 * _SLAB_MARGIN))
        for box in self._ground.obstacles:
            half = 0.5 * box.yaw
            uid = p.createMultiBody(
                0.0, self._box_shape(box.size, (0.0, 0.0, 0.0)), basePosition=box.position,
                baseOrientation=(0.0, 0.0, math.sin(half), math.cos(half)), physicsClientId=client,
            )  # fmt: skip
            p.changeDynamics(
                uid, -1, lateralFriction=_SCENERY_FRICTION, restitution=_SCENERY_RESTITUTION, physicsClientId=client
            )
            p.setCollisionFilterGroupMask(uid, -1, _SCENERY, _BODY | _STANDING, physicsClientId=client)

    def _add_ground(self, shape: int, position: tuple[float, float, float]) -> None:
        """Add a piece of ground; its friction is that of the weather against that of a dry road."""
        uid = p.createMultiBody(0.0, shape, basePosition=position, physicsClientId=self._client)
        friction = float(self._ground.friction[0]) * self._sliding / ASPHALT.dry_sliding
        p.changeDynamics(
            uid, -1, lateralFriction=friction, restitution=_SCENERY_RESTITUTION, physicsClientId=self._client
        )
        p.setCollisionFilterGroupMask(uid, -1, _GROUND, _BODY, physicsClientId=self._client)
        self._ground_uids.add(uid)

    def _box_shape(self, size: tuple[float, ...], offset: tuple[float, ...]) -> int:
        """Return a box shape of a size about an offset [m], made once."""
        key = (*size, *offset)
        if key not in self._shapes:
            self._shapes[key] = p.createCollisionShape(
                p.GEOM_BOX, halfExtents=[0.5 * edge for edge in size], collisionFramePosition=list(offset),
                physicsClientId=self._client,
            )  # fmt: skip
        return self._shapes[key]

    def _enter(self, a: int, ahead: float) -> None:
        """Set an actor on the ground and make its body; see `enter_world`."""
        own, body = self._chassis[a], self._bodies[a]
        enter_world(
            self._chassis, self._bodies, a, ahead, self._lanes, self._kerbs, float(self._ground.friction[0]),
            self._ground.patches,
        )  # fmt: skip
        mobility = Mobility(int(own["mobility"]))
        shape = self._box_shape(tuple(own["collision_size"].tolist()), tuple(own["collision_offset"].tolist()))
        w, x, y, z = body["orientation"].tolist()
        uid = p.createMultiBody(
            float(own["mass"]), shape, basePosition=body["position"].tolist(), baseOrientation=(x, y, z, w),
            physicsClientId=self._client,
        )  # fmt: skip
        p.changeDynamics(
            uid, -1, linearDamping=0.0, angularDamping=0.0, lateralFriction=_FRICTION[mobility],
            restitution=_RESTITUTION[mobility], localInertiaDiagonal=own["inertia"].tolist(),
            physicsClientId=self._client,
        )  # fmt: skip
        p.resetBaseVelocity(
            uid, body["velocity"].tolist(), body["angular_velocity"].tolist(), physicsClientId=self._client
        )
        self._uid[a] = uid
        self._set_group(a, _STANDING if mobility == Mobility.WALKER else _BODY)
        self._actor_of_uid[uid] = a
        self._members = sorted([*self._members, (a, uid)])

    def _set_group(self, a: int, group: int) -> None:
        """Choose what an actor's body collides with."""
        masks = {
            _STANDING: _SCENERY | _BODY | _STANDING | _BODYWORK,
            _BODY: _GROUND | _SCENERY | _BODY | _STANDING | _BODYWORK,
            _BODYWORK: _GROUND | _BODY | _STANDING,
        }
        p.setCollisionFilterGroupMask(int(self._uid[a]), -1, group, masks[group], physicsClientId=self._client)
        self._crushes[a] = group == _BODYWORK

    def _leave(self, a: int) -> None:
        """Remove an actor's body, if it has one."""
        uid = int(self._uid[a])
        self._bodies["dynamic"][a] = False
        if uid >= 0:
            p.removeBody(uid, physicsClientId=self._client)
            self._members.remove((a, uid))
            del self._actor_of_uid[uid]
            self._uid[a] = -1
            self._crushes[a] = False

    # -------------------------------------------------------------------------------------------------------- one tick

    def _follow_changes(self, state: WorldState, after: WorldState) -> None:
        """Let actors appear, leave and become dynamic as the caller asks; take over the replayed ones."""
        bodies, must = self._bodies, self._must_hand_over
        replayed = state.valid[0] & state.replayed[0]
        begun = np.flatnonzero(replayed & ~bodies["replayed"])
        if len(begun):
            load_motion(state, begun, bodies)
        bodies["replayed"] = replayed
        must[:] = False
        if replayed.any():
            load_given(state, np.flatnonzero(replayed), bodies)
            if find_hand_overs(self._chassis, bodies, self._tick_step, must):
                after.replayed[0] &= ~must
        wanted = state.valid[0] & ~(replayed & ~must)
        changed = np.flatnonzero(wanted != bodies["dynamic"])
        if len(changed) == 0:
            return
        load_motion(state, changed[wanted[changed]], bodies)
        for a in changed.tolist():
            if wanted[a]:
                # Of one that would be replayed on, the pose is that of the tick to come, to which Bullet will bring it.
                self._enter(a, self._tick_step if must[a] else 0.0)
            else:
                self._leave(a)

    def _substep(self, touches: ContactSums) -> None:
        """Push every body with its force and torque, let Bullet integrate, take the contacts and the motion."""
        client, bodies = self._client, self._bodies
        advance_forces(
            self._chassis, bodies, self._lanes, self._kerbs, self._low, float(self._ground.friction[0]),
            self._sliding, self._ground.patches, self._dt,
        )  # fmt: skip
        self._crush(touches)
        acts, places = bodies["acts"].tolist(), bodies["position"].tolist()
        forces, torques = bodies["force"].tolist(), bodies["torque"].tolist()
        for a, uid in self._members:
            if acts[a]:
                p.applyExternalForce(uid, -1, forces[a], places[a], p.WORLD_FRAME, client)
                p.applyExternalTorque(uid, -1, torques[a], p.WORLD_FRAME, client)
        p.stepSimulation(client)
        touches.add(p.getContactPoints(physicsClientId=client), self._dt)
        if not self._members:
            return
        rows = []
        for _, uid in self._members:
            place, quaternion = p.getBasePositionAndOrientation(uid, client)
            velocity, angular_velocity = p.getBaseVelocity(uid, client)
            rows.append((*place, *quaternion, *velocity, *angular_velocity))
        motion, index = np.array(rows), np.array([a for a, _ in self._members])
        bodies["position"][index] = motion[:, 0:3]
        bodies["orientation"][index] = motion[:, [6, 3, 4, 5]]
        bodies["velocity"][index] = motion[:, 7:10]
        bodies["angular_velocity"][index] = motion[:, 10:13]

    def _crush(self, touches: ContactSums) -> None:
        """Add the forces of crushing bodywork; a vehicle that topples, or rights itself, changes sides."""
        bodies, grid = self._bodies, self._obstacles
        upright = bodies["dynamic"] & self._bodywork & (self._tilt_cosine() >= UPRIGHT)
        for a in np.flatnonzero(upright != self._crushes).tolist():
            self._set_group(a, _BODYWORK if upright[a] else _BODY)
        while True:
            found = add_crush_forces(
                self._chassis, bodies, upright, grid.boxes, grid.origin, grid.cell, grid.first, grid.member,
                grid.columns, grid.rows, self._dt, self._rows,
            )  # fmt: skip
            if found <= len(self._rows):
                break
            self._rows = np.zeros((2 * found, COLUMNS))
        if found:
            touches.add_rows(self._rows[:found])

    def _knock_down(self) -> None:
        """Give up the posture of walkers and riders that were struck or thrown off balance during the tick."""
        blow = np.zeros(len(self._uid))
        for contact in self._contacts:
            for a in (contact.actor, contact.other):
                if a >= 0:
                    blow[a] = max(blow[a], contact.impulse)
        mobility, struck = self._chassis["mobility"], self._bodies["struck"]
        rider = (mobility == Mobility.WHEELED) & (self._chassis["track_width"] == 0.0)
        walker = mobility == Mobility.WALKER
        tipped = walker & (self._tilt_cosine() < math.sqrt(0.5))
        hit = blow > _STRUCK_SPEED * self._chassis["mass"]
        for a in np.flatnonzero(self._bodies["dynamic"] & ~struck & (walker | rider) & (hit | tipped)).tolist():
            struck[a] = True
            if walker[a]:
                self._set_group(a, _BODY)

    def _tilt_cosine(self) -> NDArray[np.float64]:
        """Return the vertical component of every body's up axis."""
        orientation = self._bodies["orientation"]
        return 1.0 - 2.0 * (orientation[:, 1] * orientation[:, 1] + orientation[:, 2] * orientation[:, 2])

    # ----------------------------------------------------------------------------------------- ground that is not level

    def _lay_ground(self) -> None:
        """Make the tiles below everything that lies or tumbles and below vehicles that have toppled."""
        bodies, mobility = self._bodies, self._chassis["mobility"]
        lies = (mobility == Mobility.FREE) | bodies["struck"]
        toppled = ((mobility == Mobility.WHEELED) | (mobility == Mobility.DIFFERENTIAL)) & (
            self._tilt_cosine() < UPRIGHT
        )
        for a in np.flatnonzero(bodies["dynamic"] & (lies | toppled)).tolist():
            x, y, z = bodies["position"][a].tolist()
            z = ground_at(self._lanes, x, y, z)[0]
            for column, row in tiles_around(x, y, _REACH + 0.5 * float(self._chassis["length"][a])):
                self._lay_tile(column, row, x, y, z)

    def _lay_tile(self, column: int, row: int, x: float, y: float, z: float) -> None:
        """Make the tile of a column and row on the storey of a place on the ground, unless it is there."""
        laid = self._tiles.setdefault((column, row), [])
        left, low = column * TILE_SIZE, row * TILE_SIZE
        pitch = TILE_SIZE / (SAMPLES - 1)
        near = (
            min(SAMPLES - 1, max(0, int((y - low) / pitch))),
            min(SAMPLES - 1, max(0, int((x - left) / pitch))),
        )
        if any(abs(heights[near] - z) < STOREY for heights in laid):
            return
        heights = np.empty((SAMPLES, SAMPLES))
        sample_tile(self._lanes, left, low, x, y, z, heights)
        laid.append(heights)
        vertices, indices = tile_mesh(heights - heights[near])
        # Without the adjusted normals of inner edges a box that slides over a mesh trips over its triangles.
        shape = p.createCollisionShape(
            p.GEOM_MESH, vertices=vertices.tolist(), indices=indices.tolist(), flags=p.GEOM_CONCAVE_INTERNAL_EDGE,
            physicsClientId=self._client,
        )  # fmt: skip
        self._add_ground(shape, (left, low, float(heights[near])))
