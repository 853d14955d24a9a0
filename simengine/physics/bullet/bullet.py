"""Physics of one world in PyBullet's rigid bodies: every actor a box with mass, forces from our own kernels.

Bullet integrates the bodies, finds contacts and solves them; tires, suspension, drive, legs and motors are forces that
`forces.advance_forces` computes for all actors in one call, and the crushing of vehicles is one more (`bodywork`):
Bullet's own contacts are hard, and left to people, loads, two-wheelers and what has toppled. No pose is ever written: a
body is placed when it is made, which is at reset, when an actor appears, and when a replayed actor is handed over.
Before its hand-over a replayed actor has no body at all, so it can push nothing; it is handed over by the caller, or
here before anything dynamic can touch it (`replayed` is then false in the returned state). Wheels and feet stand on the
analytic ground; what lies or tumbles, on that of `ground`.

Bullet's quaternions are x, y, z, w; they are converted here and nowhere else.
"""

import gc
import math
import weakref

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from simengine.core.mechanics import GRAVITY
from simengine.core.state import ActorTable, Controls, Mobility, WorldState, copy_state
from simengine.physics.backend import Contact, Ground, Physics
from simengine.physics.bullet.bodies import (
    boxes_of,
    empty_bodies,
    finish_tick,
    load_demands,
    load_given,
    load_motion,
    store,
)
from simengine.physics.bullet.engine import BODY, BODYWORK, STANDING, BoxShapes, connect, disconnect, p, set_group
from simengine.physics.bullet.forces import advance_forces
from simengine.physics.bullet.ground import StaticBodies
from simengine.physics.bullet.spawn_on_ground import enter_world
from simengine.physics.contact.body_form import collision_boxes
from simengine.physics.contact.bodywork import UPRIGHT, add_crush_forces, with_bodywork
from simengine.physics.contact.contact_records import CONTACT, RESTING
from simengine.physics.contact.footing import REACH, curb_grid, low_boxes
from simengine.physics.contact.merged_contacts import ContactSums
from simengine.physics.contact.obstacle_grid import obstacle_grid
from simengine.physics.hand_over import find_hand_overs
from simengine.physics.materials import LOAD_RESTITUTION, SLIDING_FRICTION
from simengine.physics.vehicle.chassis import chassis_of
from simengine.road.network.network import lane_arrays

_LONGEST_STEP = 1.0 / 100.0  # of the integration [s]; slower ticks are divided
# Friction and restitution of a body on its partner are products of the two: metal on metal about 0.5. Crashes are
# nearly plastic.
_FRICTION = {
    Mobility.WHEELED: 0.7, Mobility.DIFFERENTIAL: 0.7, Mobility.WALKER: SLIDING_FRICTION,
    Mobility.FREE: SLIDING_FRICTION,
}  # fmt: skip
_RESTITUTION = {
    Mobility.WHEELED: 0.3, Mobility.DIFFERENTIAL: 0.3, Mobility.WALKER: 0.0, Mobility.FREE: LOAD_RESTITUTION,
}  # fmt: skip
# Baumgarte factor with which interpenetration is undone: 0.1 m in a crash separates at 0.6 m/s.
_CONTACT_ERP = 0.05
_STRUCK_SPEED = 1.5  # change of velocity by a blow that a walker or rider does not stay up through [m/s]


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
        self._variant = actors.variant[0].copy()
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
        self._bodywork = with_bodywork(self._chassis)
        self._crushes = np.zeros(count, np.bool_)  # of them, those that stand upright
        self._rows, self._last_rows = np.zeros(max(8, 2 * count), CONTACT), np.zeros(0, CONTACT)
        self._obstacles = obstacle_grid(ground.obstacles)
        self._curbs, self._low = curb_grid(self._lanes, REACH), low_boxes(ground.obstacles)
        self._contacts = []
        self._open()
        settled = copy_state(state)
        self._bodies["grip"], self._bodies["burst"] = state.tire_grip[0], state.tire_burst[0]
        self._follow_changes(state, settled)
        store(self._bodies, settled)
        return settled

    def step(self, state: WorldState, controls: Controls) -> WorldState:
        """Advance by one tick; see `Physics` and the module about `replayed`."""
        after = copy_state(state)
        after.tick[:] += 1
        load_demands(state, controls, self._bodies)
        self._follow_changes(state, after)
        lying = self._lying()
        self._static.lay_below(self._bodies["position"][lying], self._chassis["length"][lying])
        touches = ContactSums(self._actor_of_uid, self._static.ground_uids, self._bodies)
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
        client = connect()
        if client < 0:  # a world that was dropped in a circle of references, as by an exception, is freed only now
            gc.collect()
            client = connect()
        self._client = client
        if client < 0:
            raise ScenarioError(
                "physics=bullet: PyBullet gives no further world: too many simulators are open; close() some"
            )
        self._free = weakref.finalize(self, disconnect, client)
        p.setPhysicsEngineParameter(
            fixedTimeStep=self._dt, numSubSteps=0, deterministicOverlappingPairs=1, contactERP=_CONTACT_ERP,
            enableFileCaching=0, physicsClientId=client,
        )  # fmt: skip
        p.setGravity(0.0, 0.0, -GRAVITY, physicsClientId=client)
        self._shapes = BoxShapes(client)
        self._static = StaticBodies(client, self._shapes, self._ground, self._lanes)

    def _enter(self, a: int, ahead: float) -> None:
        """Set an actor on the ground and make its body; see `enter_world`."""
        own, body = self._chassis[a], self._bodies[a]
        enter_world(
            self._chassis, self._bodies, a, ahead, self._lanes, self._curbs, float(self._ground.friction[0]),
            self._ground.patches,
        )  # fmt: skip
        mobility = Mobility(int(own["mobility"]))
        robots = bool((self._chassis["mobility"] == int(Mobility.DIFFERENTIAL)).any())
        shape = self._shapes.joined(collision_boxes(int(own["kind"]), int(self._variant[a]), own, not robots))
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
        self._set_group(a, STANDING if mobility == Mobility.WALKER else BODY)
        self._actor_of_uid[uid] = a
        self._members = sorted([*self._members, (a, uid)])

    def _set_group(self, a: int, group: int) -> None:
        """Choose what an actor's body collides with."""
        set_group(self._client, int(self._uid[a]), group)
        self._crushes[a] = group == BODYWORK

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
            box, dynamic = boxes_of(self._chassis, bodies), bodies["dynamic"].copy()
            if find_hand_overs(box, replayed, dynamic, self._tick_step, must):
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
            self._chassis, bodies, self._lanes, self._curbs, self._low, float(self._ground.friction[0]),
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
        bodies = self._bodies
        upright = bodies["dynamic"] & self._bodywork & (self._tilt_cosine() >= UPRIGHT)
        for a in np.flatnonzero(upright != self._crushes).tolist():
            self._set_group(a, BODYWORK if upright[a] else BODY)
        while True:
            found = add_crush_forces(
                self._chassis, bodies, upright, self._obstacles, self._dt, self._last_rows, self._rows
            )
            if found <= len(self._rows):
                break
            self._rows = np.zeros(2 * found, CONTACT)
        rows = self._last_rows = self._rows[:found].copy()
        if found:
            touches.add_rows(rows[rows["kind"] != RESTING])

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
                self._set_group(a, BODY)

    def _tilt_cosine(self) -> NDArray[np.float64]:
        """Return the vertical component of every body's up axis."""
        orientation = self._bodies["orientation"]
        return 1.0 - 2.0 * (orientation[:, 1] * orientation[:, 1] + orientation[:, 2] * orientation[:, 2])

    def _lying(self) -> NDArray[np.bool_]:
        """Return which bodies lie or tumble on Bullet's ground: loads, whoever was struck, and toppled vehicles."""
        bodies, mobility = self._bodies, self._chassis["mobility"]
        driven = (mobility == Mobility.WHEELED) | (mobility == Mobility.DIFFERENTIAL)
        lies = (mobility == Mobility.FREE) | bodies["struck"] | (driven & (self._tilt_cosine() < UPRIGHT))
        return bodies["dynamic"] & lies
