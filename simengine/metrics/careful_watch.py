"""Watches an episode with the eyes of the careful and competent driver, and brakes as that driver does."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.ego.observation import Control, DriverObservation
from simengine.behavior.lanes.lane_rules import RoadRules
from simengine.behavior.vehicle.pedals import resistance
from simengine.core.mechanics import GRAVITY
from simengine.core.space.geometry import ground_speed
from simengine.core.space.plan_view import plan_view
from simengine.core.space.visible_share import Boxes, visible_share
from simengine.core.state import EGO, ActorTable, Mobility, WorldState
from simengine.metrics.careful_driver import (
    LEAD_BRAKING,
    VISIBLE_SHARE,
    CarefulLimits,
    careful_deceleration,
    run_clock,
    start_clock,
)
from simengine.metrics.threats import LEAD, PATH_POINTS, Others, find_threats, lay_path
from simengine.physics.backend import StaticBox
from simengine.physics.vehicle.planar_motion import PEDAL_TIME

SLOWING_STEPS = 4  # over so many control steps slowing is measured: long enough for its noise, short for its onset
_HOLD = 2.0  # brakes held at standstill [m/s²]
_STAMPED = 1.5  # brakes asked for over µ g, enough that both axles slide whatever their brakes' split (1.45 on ice)


class Sighting(NamedTuple):
    """When the careful driver first saw the threat for which it brakes, and who that is."""

    time: float  # [s]
    actor: int
    threat: int  # STILL, LEAD, CUT_IN or CROSSING


@njit(cache=True, _nrt=False)
def _look(
    valid: NDArray[np.bool_],
    position: NDArray[np.float64],
    orientation: NDArray[np.float64],
    velocity: NDArray[np.float64],
    boxes: Boxes,
    earlier: NDArray[np.float64],
    age: float,
    others: Others,
) -> None:
    """Write everybody's boxes of one world at one moment.

    Args:
        valid, position, orientation, velocity: As in `WorldState`, of the world.
        boxes: The actors' first, sizes given; poses are written.
        earlier: Everybody's speed some steps ago, negative for not known [m/s]. Shape (num_actors,).
        age: How long ago that was [s].
        others: Written.
    """
    for a in range(len(valid)):
        others.present[a] = boxes.hides[a] = valid[a]
        if not valid[a]:
            continue
        q, v, size = orientation[a], velocity[a], boxes.size[a]
        for i in range(3):
            boxes.position[a, i] = position[a, i]
        for i in range(4):
            boxes.orientation[a, i] = q[i]
        others.yaw[a], others.length[a], others.width[a], _ = plan_view(
            q[0], q[1], q[2], q[3], size[0], size[1], size[2]
        )
        others.x[a], others.y[a], others.z[a] = position[a, 0], position[a, 1], position[a, 2] - 0.5 * size[2]
        others.vx[a], others.vy[a] = v[0], v[1]
        others.slowing[a] = 0.0
        if earlier[a] >= 0.0 and age > 0.0:
            others.slowing[a] = (earlier[a] - ground_speed(q[0], q[1], q[2], q[3], v[0], v[1], v[2])) / age
    boxes.hides[EGO] = False


@njit(cache=True)
def _see(
    boxes: Boxes, threat: NDArray[np.int8], eye: NDArray[np.float64], sight: float, visible: NDArray[np.bool_]
) -> None:
    """Write which threats are visible. Shapes (num_actors,); `eye` is x, y, z [m]."""
    for b in range(len(threat)):
        visible[b] = False
        if threat[b] == 0:
            continue
        away = math.sqrt((boxes.position[b, 0] - eye[0]) ** 2 + (boxes.position[b, 1] - eye[1]) ** 2)
        if away - 0.5 * boxes.size[b, 0] <= sight:
            visible[b] = visible_share(eye[0], eye[1], eye[2], boxes, b) >= VISIBLE_SHARE


class CarefulWatch:
    """What the careful driver would know and do in an episode of world 0, step by step.

    Args:
        rules: The network, from `behavior.lanes.lane_rules.road_rules`.
        actors: What they are.
        obstacles: Solid boxes of the scenery, which hide what is behind them.
        limits: Of the driver.
        dt: Between control steps [s].
    """

    def __init__(
        self, rules: RoadRules, actors: ActorTable, obstacles: tuple[StaticBox, ...], limits: CarefulLimits, dt: float
    ) -> None:
        self._rules, self._limits, self._dt = rules, limits, dt
        self._length, self._height = float(actors.length[0, EGO]), float(actors.height[0, EGO])
        self._mobility = actors.mobility[0]
        self._robot = bool(actors.mobility[0, EGO] == Mobility.DIFFERENTIAL)
        num_actors, still = actors.kind.shape[1], len(obstacles)
        size = np.stack([actors.length[0], actors.width[0], actors.height[0]], axis=1)
        turned = [(math.cos(0.5 * box.yaw), 0.0, 0.0, math.sin(0.5 * box.yaw)) for box in obstacles]
        self._boxes = Boxes(
            np.concatenate([np.zeros((num_actors, 3)), np.array([b.position for b in obstacles]).reshape(still, 3)]),
            np.concatenate([np.zeros((num_actors, 4)), np.array(turned).reshape(still, 4)]),
            np.concatenate([size, np.array([box.size for box in obstacles]).reshape(still, 3)]),
            np.ones(num_actors + still, np.bool_),
        )
        shape = (num_actors,)
        self._others = Others(
            np.zeros(shape, np.bool_), self._mobility, *(np.zeros(shape) for _ in range(len(Others._fields) - 2))
        )
        self._path = np.zeros((PATH_POINTS, 3))
        self._threat, self._critical = np.zeros(shape, np.int8), np.zeros(shape, np.bool_)
        self._visible = np.zeros(shape, np.bool_)
        self._speeds = np.full((SLOWING_STEPS, num_actors), -1.0)
        self._identities = np.full((SLOWING_STEPS, num_actors), -1, np.int64)
        self._steps = 0
        self._clock = start_clock(num_actors)
        self._asked = 0.0
        self.first: Sighting | None = None

    @property
    def brakes_at(self) -> float:
        """When the brakes act: from that time on; infinite while nothing asks for it [s]."""
        return float(self._clock.brake[0]) if self._clock.brake[0] >= 0.0 else math.inf

    def look(self, state: WorldState, observation: DriverObservation) -> None:
        """Take in one control step.

        Args:
            state: Now.
            observation: Of the ego at the same time.
        """
        row = self._steps % SLOWING_STEPS
        # A slot may have been given to another vehicle since: the difference of two vehicles' speeds is no slowing.
        oldest = np.where(self._identities[row] == state.identity[0], self._speeds[row], -1.0)
        _look(
            state.valid[0],
            state.position[0],
            state.orientation[0],
            state.velocity[0],
            self._boxes,
            oldest,
            SLOWING_STEPS * self._dt,
            self._others,
        )
        q, v = state.orientation[0], state.velocity[0]
        speeds = [
            ground_speed(*q[a].tolist(), *v[a].tolist()) if state.valid[0, a] else -1.0 for a in range(len(oldest))
        ]
        self._speeds[row], self._identities[row] = speeds, state.identity[0]
        self._steps += 1
        x, y, yaw = float(observation.position[0]), float(observation.position[1]), observation.yaw
        lay_path(self._rules.ways, observation.route, observation.lane_s, x, y, yaw, self._path)
        find_threats(
            self._rules.ways,
            self._rules.grid,
            self._path,
            self._others,
            max(0.0, observation.speed),
            observation.friction,
            self._limits.reaction_time,
            self._threat,
            self._critical,
        )
        ahead = self._limits.eye_ahead * self._length
        ground = float(observation.position[2]) - 0.5 * self._height
        eye = np.array([x + ahead * math.cos(yaw), y + ahead * math.sin(yaw), ground + self._limits.eye_height])
        sight = min(self._limits.sight, observation.sight_distance)
        _see(self._boxes, self._threat, eye, sight, self._visible)
        slows = (self._threat == LEAD) & (self._others.slowing > LEAD_BRAKING)
        before = self._clock.brake[0]
        run_clock(
            observation.time,
            self._visible,
            self._critical,
            slows,
            self._threat != LEAD,
            self._limits.perception_time,
            self._limits.reaction_time,
            0.5 * SLOWING_STEPS * self._dt,
            self._clock,
        )
        if self.first is None and before < 0.0 <= self._clock.brake[0]:
            reasons = self._visible & (self._critical | slows)
            since = np.where(reasons, self._clock.seen, math.inf)
            actor = int(np.argmin(since))
            self.first = Sighting(float(since[actor]), actor, int(self._threat[actor]))

    def brake(self, observation: DriverObservation, control: Control) -> Control:
        """Return a control with the careful driver's braking, or the own one where that is stronger.

        Args:
            observation: Of the ego now.
            control: What its driver asks for; its steering is kept.
        """
        since = observation.time - self.brakes_at
        if since < -1e-9:
            self._asked = observation.speed
            return control
        limits, friction, middle = self._limits, observation.friction, since + 0.5 * self._dt
        wanted = careful_deceleration(middle, limits.jerk, limits.deceleration, friction)
        if self._robot:
            self._asked = max(0.0, self._asked - wanted * self._dt)
            ahead = max(0.0, self._asked - PEDAL_TIME * wanted)  # asked so much early, its wheels slow as stated
            speed = min(control.velocity[0], ahead)
            share = speed / control.velocity[0] if control.velocity[0] > 1e-6 else 0.0
            return control._replace(velocity=(speed, share * control.velocity[1]))
        speed = max(0.0, observation.speed)
        if speed < 0.05:
            return control._replace(acceleration=min(control.acceleration, -_HOLD))
        later = careful_deceleration(middle + 1e-3, limits.jerk, limits.deceleration, friction)
        hardest = wanted >= friction * GRAVITY - 1e-9  # all that the road holds: anti-lock brakes find it
        wanted += PEDAL_TIME * (later - wanted) / 1e-3  # what the pedal's lag would take away while braking rises
        helped = 0.0
        if observation.lane >= 0:
            helped = resistance(self._rules.ways, observation.route, observation.lane_s, speed, observation.vehicle)
        if hardest:
            # To ask for µ g is too little: one axle slides while the other's share of that is less than it holds.
            wanted *= _STAMPED
        return control._replace(acceleration=min(control.acceleration, -max(0.0, wanted - helped)))
