"""`simengine/Highway-v0`: drive fast and safely through the traffic of a ring highway."""

import math
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from simengine.envs import drawing
from simengine.envs.highway import episode, layout, view
from simengine.envs.settings import DrivingSpec, Weight, load_settings, require
from simengine.envs.single import SingleEnv
from simengine.envs.vector import NativeVectorEnv
from simengine.envs.worlds import Worlds
from simengine.physics.vehicle.catalog import model_named

CAR_MODELS = ("sedan", "compact_car", "van", "suv")
TRUCK_MODELS = ("truck",)
_SEEN_BEHIND, _SEEN_AHEAD, _SCALE = 50.0, 90.0, 7.0  # of the ego in pictures [m], and pixels a meter
_ROOM = 16.0  # of the ring that each vehicle of a lane needs at the start [m]


class HighwaySpec(DrivingSpec):
    """The settings of `conf/env/highway.yaml`; units are there."""

    vehicles: Annotated[int, Ge(0), Le(500)]
    lanes: Annotated[int, Ge(1), Le(8)]
    lane_width: Annotated[float, Ge(2.5), Le(6.0)]
    ring_length: Annotated[float, Ge(100.0), Le(20_000.0)]
    speed_limit: Annotated[float, Ge(1.0), Le(70.0)]
    traffic_speed: Annotated[float, Ge(2.0), Le(70.0)]
    traffic_speed_std: Annotated[float, Ge(0.0), Le(10.0)]
    ego_time_gap: Annotated[float, Ge(0.3), Le(5.0)]
    friction: Annotated[float, Ge(0.01), Le(1.5)]
    dynamics: Literal["kinematic", "dynamic"]
    lane_change_weight: Weight


def _model_row(name: str) -> list[float]:
    m = model_named(name)
    return [
        m.length, m.width, m.front_axle + m.cog_offset, m.rear_axle - m.cog_offset, m.mass, m.yaw_inertia,
        m.cog_offset, m.cog_height, m.front_stiffness, m.rear_stiffness, m.max_steering, m.max_steering_rate,
        m.max_acceleration, m.max_deceleration, m.power / (m.mass * m.max_acceleration), m.max_speed,
    ]  # fmt: skip


class HighwayWorlds(Worlds):
    """A batch of ring highways; see `HighwayEnv` for the settings."""

    info_fields = (("speed", float), ("crashed", bool), ("off_road", bool), ("lane", int), ("discomfort", float))

    def __init__(self, num_envs: int, max_steps: int | None, spec: HighwaySpec) -> None:
        choices = 5 if spec.action == "discrete" else 0
        super().__init__(num_envs, max_steps, view.OBSERVATION_SIZE, spec.vehicles + 1, spec.dt, spec.substeps, choices)
        rows = -(-(spec.vehicles + 1) // spec.lanes)
        require(
            spec.ring_length >= _ROOM * rows,
            f"ring_length = {spec.ring_length:g}: must be at least {_ROOM * rows:g} for so many vehicles",
        )
        require(
            2.0 * spec.traffic_speed_std < 0.8 * spec.traffic_speed,
            f"traffic_speed_std = {spec.traffic_speed_std:g}: must be below {0.4 * spec.traffic_speed:g}",
        )
        shared = set(layout.HighwaySettings._fields) & set(HighwaySpec.model_fields)
        self.settings = layout.HighwaySettings(
            **{name: getattr(spec, name) for name in shared},
            num_lanes=spec.lanes, step=spec.dt, dynamic=spec.dynamics == "dynamic",
            discrete=spec.action == "discrete", built_in=spec.driver == "built_in", truck_model=len(CAR_MODELS),
            acceleration=layout.PEDAL_ACCELERATION, braking=layout.PEDAL_BRAKING, shoulder=layout.SHOULDER,
            low_speed=0.5 * spec.speed_limit,
        )  # fmt: skip
        self.models = np.array([_model_row(name) for name in CAR_MODELS + TRUCK_MODELS])
        shape = (num_envs, self.vehicles)
        self.motion, self.trait = np.zeros((*shape, layout.MOTION_COLUMNS)), np.zeros((*shape, layout.TRAIT_COLUMNS))
        self.place = np.zeros((*shape, layout.PLACE_COLUMNS), np.int32)
        self.lead = np.zeros((num_envs, spec.lanes), np.int32)
        self.ego = np.zeros((num_envs, 2))

    def _reset(self, env: int) -> None:
        episode.reset_world(
            env, self.settings, self.models, self.motion, self.trait, self.place, self.ego, self.clock, self.keys,
            self.observation,
        )  # fmt: skip
        self.info[env] = 0.0
        self.info[env, layout.INFO_SPEED] = self.motion[env, 0, layout.SPEED]
        self.info[env, layout.INFO_LANE] = self.place[env, 0, layout.TARGET]

    def _advance(self, actions: NDArray[np.float64], autoreset: bool) -> None:
        arguments = (
            self.settings, self.models, self.max_steps, autoreset, self.keys, actions, self.motion, self.trait,
            self.place, self.lead, self.ego, self.clock, self.observation, self.final_observation, self.reward,
            self.terminated, self.truncated, self.info, self.final_info,
        )  # fmt: skip
        self._launch(episode.step_world, episode.step_worlds, arguments)

    def draw(self, env: int) -> NDArray[np.uint8]:
        motion, trait, s = self.motion[env], self.trait[env], self.settings
        x, width = motion[0, layout.X], s.lane_width
        left, right = x - _SEEN_BEHIND, x + _SEEN_AHEAD
        low, high = -0.5 * width - s.shoulder, (s.num_lanes - 0.5) * width + s.shoulder
        canvas = drawing.Canvas(
            (0.5 * (left + right), 0.5 * (low + high)), round((right - left) * _SCALE),
            round((high - low + 6.0) * _SCALE), _SCALE, drawing.GRASS,
        )  # fmt: skip
        canvas.polygon([(left, low), (right, low), (right, high), (left, high)], drawing.ASPHALT)
        for edge in (-0.5, s.num_lanes - 0.5):
            canvas.line([(left, edge * width), (right, edge * width)], drawing.PAINT, 0.15)
        first = math.floor(left / 18.0) * 18.0
        for line in range(1, s.num_lanes):
            y = (line - 0.5) * width
            canvas.dashes((first, y), (right, y), 6.0, 12.0, 0.15)
        for n in range(self.vehicles - 1, -1, -1):
            dx = math.remainder(motion[n, layout.X] - x, s.ring_length)
            color = drawing.TRUCK if self.place[env, n, layout.MODEL] >= s.truck_model else drawing.CAR
            canvas.vehicle(
                x + dx, motion[n, layout.Y], motion[n, layout.YAW], trait[n, layout.OWN_LENGTH],
                trait[n, layout.OWN_WIDTH], drawing.EGO if n == 0 else color, motion[n, layout.ACCELERATION] < -0.5,
            )  # fmt: skip
            if n > 0 and -_SEEN_BEHIND < dx < _SEEN_AHEAD:
                canvas.label(x + dx - 0.8, motion[n, layout.Y], f"{motion[n, layout.SPEED]:.0f}", drawing.GLASS)
        state = "  COLLISION" if self.info[env, layout.INFO_CRASHED] else ""
        return canvas.finish(
            f"step {self.clock[env, 0]}   {motion[0, layout.SPEED]:.1f} m/s   "
            f"{motion[0, layout.ACCELERATION]:+.1f} m/s/s   lane {int(self.place[env, 0, layout.TARGET])}   "
            f"reward {self.reward[env]:+.3f}{state}"
        )


class HighwayEnv(SingleEnv):
    """One ring highway; keyword arguments replace settings of `conf/env/highway.yaml`.

    Actions: `Discrete(5)` (0 lane left, 1 keep, 2 lane right, 3 faster, 4 slower; all but the last two hold the
    speed), or with `action="continuous"` a `Box(2)` of pedal (−1 brakes, 1 accelerates) and lateral demand (−1 one lane
    to the right of the present lane's center, 1 one lane to the left), which preview steering drives to. Observations:
    the ego, then the two nearest vehicles ahead and one behind on its own lane and its neighbors, cut to −1..1.
    """

    def __init__(self, render_mode: str | None = None, **settings: Any) -> None:
        super().__init__(HighwayWorlds(1, None, load_settings("highway", HighwaySpec, settings)), render_mode)


class HighwayVectorEnv(NativeVectorEnv):
    """Many ring highways; see `HighwayEnv`."""

    def __init__(
        self, num_envs: int = 1, max_episode_steps: int | None = None, render_mode: str | None = None, **settings: Any
    ) -> None:
        spec = load_settings("highway", HighwaySpec, settings)
        super().__init__(HighwayWorlds(num_envs, max_episode_steps, spec), render_mode)
