"""Any scenario of the library, with any overrides, as an environment of one ego.

Observation: a flat float32 vector of features cut to −1..1: the ego (speed, acceleration, yaw rate, steering, place
in its lane), the way ahead (`PREVIEW` points in the ego's frame), and the `NEIGHBORS` nearest actors that the driver
can see.
Action: two numbers in −1..1. A vehicle's are acceleration (−1 is 8 m/s² of braking, 1 is 4 m/s²) and road-wheel angle
over its lock; a robot's are speed over its top speed and yaw rate over 1.5 rad/s. Numbers beyond are cut to −1..1.
"""

import math
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from numpy.typing import NDArray

from simengine.behavior.ego.observation import Control, DriverObservation
from simengine.core.errors import ConfigError
from simengine.core.state import EGO, Light, Mobility
from simengine.envs import drawing
from simengine.envs.drawing import Canvas
from simengine.envs.terms import comfort_cost, feature, speed_reward
from simengine.envs.worlds import encode_actions
from simengine.road.network.network import LaneType
from simengine.scenario.compose import compose
from simengine.scenario.override_text import key_of, setting
from simengine.scenario.sampling import concretize
from simengine.simulation.loop.simulator import Simulator

PREVIEW, PREVIEW_STRIDE = 8, 4  # points of the way ahead, every 10 m
NEIGHBORS = 8
BRAKE, DRIVE, TURN = 8.0, 4.0, 1.5  # of full actions [m/s²], [m/s²], [rad/s]
_EGO_FEATURES, _POINT_FEATURES, _NEIGHBOR_FEATURES = 9, 4, 8
SIZE = _EGO_FEATURES + PREVIEW * _POINT_FEATURES + NEIGHBORS * _NEIGHBOR_FEATURES
_SPEED, _DISTANCE = 40.0, 100.0  # scales of features [m/s], [m]
_COMFORTABLE = 3.0  # [m/s²]
_COLLISION_WEIGHT, _OFF_ROAD_WEIGHT, _COMFORT_WEIGHT = 10.0, 10.0, 0.01
_OFF_ROAD = 2.0  # beyond the lane's edge the episode ends [m]
_DRAWN = 80.0  # width of the picture [m]
_PAVED = (150, 146, 142)


def describe(observation: DriverObservation) -> NDArray[np.float32]:
    """Return the features of what a driver knows. Shape (SIZE,)."""
    out = np.zeros(SIZE, np.float32)
    limit = max(observation.speed_limit, 1.0)
    c, s = math.cos(observation.yaw), math.sin(observation.yaw)
    on_road = observation.lane >= 0
    turn = observation.yaw - observation.lane_heading if on_road else 0.0
    out[:_EGO_FEATURES] = (
        feature(observation.speed, _SPEED),
        feature(observation.speed / limit, 2.0),
        feature(observation.acceleration, 10.0),
        feature(observation.yaw_rate, 1.0),
        feature(observation.steering, 1.0),
        feature(observation.lane_t, 5.0) if on_road else 0.0,
        math.sin(turn),
        feature(observation.friction, 1.0),
        1.0 if on_road else -1.0,
    )
    at = _EGO_FEATURES
    for point in observation.preview[::PREVIEW_STRIDE][:PREVIEW]:
        dx, dy = point[0] - observation.position[0], point[1] - observation.position[1]
        out[at : at + _POINT_FEATURES] = (
            1.0,
            feature(dx * c + dy * s, _DISTANCE),
            feature(-dx * s + dy * c, _DISTANCE),
            feature(point[3], 0.1),
        )
        at += _POINT_FEATURES
    at = _EGO_FEATURES + PREVIEW * _POINT_FEATURES
    ex, ey = observation.actor_velocity[EGO]
    plan_speed = ex * c + ey * s  # places and velocities of others are those of the map, so their difference is, too
    for actor in nearest_seen(observation):
        dx, dy = observation.actor_position[actor, :2] - observation.position[:2]
        vx, vy = observation.actor_velocity[actor]
        turn = observation.actor_yaw[actor] - observation.yaw
        out[at : at + _NEIGHBOR_FEATURES] = (
            1.0,
            feature(dx * c + dy * s, _DISTANCE),
            feature(-dx * s + dy * c, _DISTANCE),
            feature(vx * c + vy * s - plan_speed, _SPEED),
            feature(-vx * s + vy * c, _SPEED),
            math.cos(turn),
            feature(observation.size[actor, 0], 20.0),
            feature(observation.size[actor, 1], 5.0),
        )
        at += _NEIGHBOR_FEATURES
    return out


def nearest_seen(observation: DriverObservation) -> list[int]:
    """Return the nearest actors that the driver sees, the nearest first."""
    offset = observation.actor_position[:, :2] - observation.position[:2]
    distance = np.sqrt(offset[:, 0] * offset[:, 0] + offset[:, 1] * offset[:, 1])
    order = [int(a) for a in np.argsort(distance, kind="stable") if a != EGO and observation.visible[a]]
    return [a for a in order if distance[a] < _DISTANCE][:NEIGHBORS]


def draw_scenario(simulator: Simulator, observation: DriverObservation) -> NDArray[np.uint8]:
    """Draw lanes and actors around the ego from above. Shape (height, width, 3)."""
    lanes, state, actors = simulator.world.lanes, simulator.state, simulator.world.actors
    x, y = float(observation.position[0]), float(observation.position[1])
    canvas = Canvas((x, y), 640, 480, 640 / _DRAWN, drawing.GRASS)
    near = np.hypot(lanes.point_position[:, 0] - x, lanes.point_position[:, 1] - y) < _DRAWN
    for lane in np.unique(lanes.point_lane[near]):
        first, last = lanes.lane_first_point[lane], lanes.lane_first_point[lane + 1]
        points = [(float(px), float(py)) for px, py in lanes.point_position[first:last, :2]]
        color = _PAVED if lanes.lane_type[lane] == LaneType.PAVEMENT else drawing.ASPHALT
        canvas.line(points, color, float(lanes.point_width[first]))
    for a in np.flatnonzero(observation.present):
        color = drawing.EGO if a == EGO else tuple(int(64 + 180 * value) for value in actors.color[0, a])
        px, py = (float(value) for value in observation.actor_position[a, :2])
        size, yaw = observation.size[a], float(observation.actor_yaw[a])
        if observation.mobility[a] == Mobility.WHEELED:
            braking = bool(state.lights[0, a] & Light.BRAKE)
            canvas.vehicle(px, py, yaw, float(size[0]), float(size[1]), color, braking)
        else:
            canvas.box(px, py, yaw, max(0.5, float(size[0])), max(0.5, float(size[1])), color)
    name = simulator.scenario.scenario.name
    return canvas.finish(
        f"{name}  {simulator.time_ns * 1e-9:5.2f} s  {observation.speed * 3.6:5.1f} km/h  {simulator.verdict.outcome}"
    )


class ScenarioEnv(gym.Env[NDArray[np.float32], NDArray[np.float32]]):
    """One scenario after another from the same distribution, drawn by the environment's seed.

    Args:
        scenario: A name of the library.
        overrides: In Hydra's grammar; sensors are left out unless they name some.
        physics: "batched" or "bullet".
        render_mode: "rgb_array" for pictures from above, or None.

    `reset(options={"scenario": …, "overrides": […]})` changes what is drawn from then on.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012

    def __init__(
        self,
        scenario: str = "drive",
        overrides: list[str] | tuple[str, ...] = (),
        physics: str = "batched",
        render_mode: str | None = None,
    ) -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ConfigError(f"render_mode = {render_mode}: allowed: rgb_array")
        if physics not in ("batched", "bullet"):
            raise ConfigError(f"physics = {physics}: allowed: batched, bullet")
        self.render_mode = render_mode
        self._physics = physics
        self._choose(scenario, overrides)
        self.observation_space = gym.spaces.Box(-1.0, 1.0, (SIZE,), np.float32)
        self.action_space = gym.spaces.Box(-1.0, 1.0, (2,), np.float32)
        self._closed = self._over = False
        self._simulator: Simulator | None = None
        self._observation: DriverObservation | None = None

    def _choose(self, scenario: str, overrides: list[str] | tuple[str, ...]) -> None:
        self._scenario, self._overrides = scenario, tuple(overrides)
        quiet = [] if any(key_of(text) == "sensors" for text in overrides) else ["sensors=none"]
        chosen = [] if any(key_of(text) == "physics" for text in overrides) else [f"physics={self._physics}"]
        self._tree = compose("config", (setting("scenario", scenario), *quiet, *chosen, *overrides))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Draw the next scenario and begin it."""
        self._require_open()
        super().reset(seed=seed)
        if options:
            unknown = set(options) - {"scenario", "overrides"}
            if unknown:
                raise ConfigError(f"options: allowed are scenario and overrides, not {', '.join(sorted(unknown))}")
            self._choose(options.get("scenario", self._scenario), options.get("overrides", self._overrides))
        self._drop()
        concrete = concretize(self._tree, int(self.np_random.integers(2**31)))
        simulator = Simulator(concrete)
        self._observation = simulator.reset().observation
        self._simulator = simulator
        return describe(self._observation), self._info()

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Drive for one control step."""
        self._require_open()
        if self._simulator is None:
            raise ResetNeeded("step() before reset(): call reset() first")
        if self._over:
            raise ResetNeeded("step(): the episode is over; call reset() to begin the next one")
        snapshot = self._simulator.step(self._control(encode_actions(self.action_space, action, 1)[0]))
        seen = self._observation = snapshot.observation
        crashed = self._simulator.crashed
        off_road = seen.lane < 0 or abs(seen.lane_t) > 0.5 * seen.lane_width + _OFF_ROAD
        wanted = max(1.0, min(seen.speed_limit, float(self._simulator.scenario.ego.desired_speed)))
        reward = speed_reward(seen.speed, 0.0, wanted) * float(self._simulator.control_step)
        reward -= _COMFORT_WEIGHT * comfort_cost(seen.acceleration, seen.speed * seen.yaw_rate, _COMFORTABLE)
        reward -= _COLLISION_WEIGHT * crashed + _OFF_ROAD_WEIGHT * (off_road and not crashed)
        terminated = bool(crashed or off_road)
        truncated = bool(self._simulator.done and not terminated)
        self._over = terminated or truncated
        return describe(seen), float(reward), terminated, truncated, self._info()

    def _control(self, action: NDArray[np.float64]) -> Control:
        first, second = (float(min(1.0, max(-1.0, value))) for value in action)
        actors = self._simulator.world.actors
        if actors.mobility[0, EGO] == Mobility.DIFFERENTIAL:
            return Control(velocity=(first * float(actors.max_speed[0, EGO]), second * TURN))
        return Control(first * (DRIVE if first > 0.0 else BRAKE), second * float(actors.max_steering[0, EGO]))

    def _info(self) -> dict[str, Any]:
        simulator = self._simulator
        return {
            "seed": simulator.scenario.seed,
            "time": simulator.time_ns * 1e-9,
            "crashed": simulator.crashed,
            "verdict": simulator.verdict.outcome,
            "speed": float(self._observation.speed),
        }

    def render(self) -> NDArray[np.uint8] | None:
        """Draw the surroundings of the ego from above."""
        self._require_open()
        if self._simulator is None or self._observation is None:
            raise ResetNeeded("render() before reset(): call reset() first")
        if self.render_mode is None:
            return None
        return draw_scenario(self._simulator, self._observation)

    def close(self) -> None:
        """End the use of the environment and free the physics; may be called twice."""
        self._closed = True
        self._drop()

    def _require_open(self) -> None:
        if self._closed:
            raise ClosedEnvironmentError("the environment was closed; make another")

    def _drop(self) -> None:
        """Free the physics of the episode before."""
        self._over = False
        if self._simulator is not None:
            self._simulator.close()
            self._simulator = None
