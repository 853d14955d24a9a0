"""`simengine/Intersection-v0`: cross or turn through a four-way intersection with traffic."""

from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from simengine.envs import drawing
from simengine.envs.intersection import episode, layout, signals, view
from simengine.envs.intersection.routes import box_length, quarter_turn, route_conflicts, route_pose
from simengine.envs.settings import DrivingSpec, Weight, load_settings, require
from simengine.envs.single import SingleEnv
from simengine.envs.vector import NativeVectorEnv
from simengine.envs.worlds import Worlds
from simengine.physics.vehicle.catalog import model_named

CAR_MODELS = ("sedan", "compact_car", "van", "suv")
TURNS = ("straight", "left", "right")
_REACH, _SCALE = 62.0, 6.0  # half the side of pictures [m], and pixels a meter
_SIGNAL_COLORS = {layout.GREEN: (40, 220, 90), layout.AMBER: (255, 190, 40), layout.RED: (240, 50, 45)}
_LONGEST_CAR = 6.0  # [m]


class IntersectionSpec(DrivingSpec):
    """The settings of `conf/env/intersection.yaml`; units are there."""

    vehicles: Annotated[int, Ge(0), Le(64)]
    signaled: bool
    ego_turn: Literal["any", "straight", "left", "right"]
    arm_length: Annotated[float, Ge(70.0), Le(500.0)]
    corner_radius: Annotated[float, Ge(3.0), Le(20.0)]
    lane_width: Annotated[float, Ge(2.8), Le(5.0)]
    speed_limit: Annotated[float, Ge(3.0), Le(25.0)]
    green: Annotated[float, Ge(3.0), Le(120.0)]
    amber: Annotated[float, Ge(0.0), Le(10.0)]
    all_red: Annotated[float, Ge(0.0), Le(10.0)]
    red_light_weight: Weight
    arrival_weight: Weight


def _model_row(name: str) -> list[float]:
    m = model_named(name)
    return [
        m.length, m.width, m.front_axle + m.cog_offset, m.rear_axle - m.cog_offset, m.max_steering, m.max_steering_rate
    ]  # fmt: skip


class IntersectionWorlds(Worlds):
    """A batch of intersections."""

    info_fields = (
        ("speed", float), ("crashed", bool), ("off_road", bool), ("success", bool), ("ran_red", bool), ("turn", int)
    )  # fmt: skip

    def __init__(self, num_envs: int, max_steps: int | None, spec: IntersectionSpec) -> None:
        choices = 3 if spec.action == "discrete" else 0
        super().__init__(num_envs, max_steps, view.OBSERVATION_SIZE, spec.vehicles + 1, spec.dt, spec.substeps, choices)
        require(
            spec.arm_length >= _LONGEST_CAR * (spec.vehicles / 8.0 + 4.0),
            f"arm_length = {spec.arm_length:g}: too short for {spec.vehicles} vehicles",
        )
        shared = set(layout.IntersectionSettings._fields) & set(IntersectionSpec.model_fields) - {"ego_turn"}
        self.settings = layout.IntersectionSettings(
            **{name: getattr(spec, name) for name in shared},
            half_box=spec.lane_width + spec.corner_radius, step=spec.dt,
            ego_turn=TURNS.index(spec.ego_turn) if spec.ego_turn != "any" else -1,
            discrete=spec.action == "discrete", built_in=spec.driver == "built_in",
        )  # fmt: skip
        s = self.settings
        self.enter, self.leave = route_conflicts(s.arm_length, s.half_box, s.lane_width)
        self.models = np.array([_model_row(name) for name in CAR_MODELS])
        shape = (num_envs, self.vehicles)
        self.motion, self.trait = np.zeros((*shape, 8)), np.zeros((*shape, 9))
        self.place = np.zeros((*shape, 4), np.int32)

    def _reset(self, env: int) -> None:
        episode.reset_world(
            env, self.settings, self.models, self.motion, self.trait, self.place, self.clock, self.keys,
            self.observation, self.info,
        )  # fmt: skip

    def _advance(self, actions: NDArray[np.float64], autoreset: bool) -> None:
        arguments = (
            self.settings, self.models, self.enter, self.leave, self.max_steps, autoreset, self.keys, actions,
            self.motion, self.trait, self.place, self.clock, self.observation, self.final_observation, self.reward,
            self.terminated, self.truncated, self.info, self.final_info,
        )  # fmt: skip
        self._launch(episode.step_world, episode.step_worlds, arguments)

    def draw(self, env: int) -> NDArray[np.uint8]:
        s, motion, trait, place = self.settings, self.motion[env], self.trait[env], self.place[env]
        size = round(2.0 * _REACH * _SCALE)
        canvas = drawing.Canvas((0.0, 0.0), size, size, _SCALE, drawing.GRASS)
        _draw_roads(canvas, s.half_box, s.lane_width)
        route = int(place[0, layout.ROUTE])
        end = s.arm_length + box_length(route % 3, s.half_box, s.lane_width) + layout.EXIT
        ahead = np.linspace(motion[0, layout.ALONG], max(end, motion[0, layout.ALONG] + 1.0), 60)
        canvas.line(
            [route_pose(route, along, s.arm_length, s.half_box, s.lane_width)[:2] for along in ahead], drawing.EGO, 0.25
        )
        time = signals.world_time(env, s, self.clock, self.keys)
        for arm in range(4):
            color = _SIGNAL_COLORS.get(signals.signal_at(time, arm % 2, s))
            if color is not None:
                x, y, heading = route_pose(3 * arm, s.arm_length, s.arm_length, s.half_box, s.lane_width)
                canvas.box(x, y, heading, 0.7, s.lane_width - 0.3, color)
        for n in range(self.vehicles - 1, -1, -1):
            if place[n, layout.PRESENT]:
                canvas.vehicle(
                    motion[n, layout.X], motion[n, layout.Y], motion[n, layout.YAW], trait[n, layout.LENGTH],
                    trait[n, layout.WIDTH], drawing.EGO if n == 0 else drawing.CAR,
                    motion[n, layout.ACCELERATION] < -0.5,
                )  # fmt: skip
        state = "  COLLISION" if self.info[env, layout.INFO_CRASHED] else ""
        state += "  ARRIVED" if self.info[env, layout.INFO_SUCCESS] else ""
        return canvas.finish(
            f"step {self.clock[env, 0]}   {TURNS[route % 3]}   {motion[0, layout.SPEED]:.1f} m/s   "
            f"{motion[0, layout.ACCELERATION]:+.1f} m/s/s   reward {self.reward[env]:+.3f}{state}"
        )


def _draw_roads(canvas: drawing.Canvas, half_box: float, width: float) -> None:
    """Draw both streets, the rounded corners of the box, center lines and stop lines."""
    far, radius = 2.0 * _REACH, half_box - width
    # The curb's quarter circle about the corner of the box.
    arc = [(half_box - radius * np.sin(a), half_box - radius * np.cos(a)) for a in np.linspace(0.0, np.pi / 2, 12)]

    def turned(arm: int, u: float, v: float) -> tuple[float, float]:
        cosine, sine = quarter_turn(arm)
        return cosine * u - sine * v, sine * u + cosine * v

    for arm in range(4):
        street = ((-far, -width), (far, -width), (far, width), (-far, width))
        canvas.polygon([turned(arm, *point) for point in street], drawing.ASPHALT)
        canvas.polygon([turned(arm, *point) for point in ((width, width), *arc)], drawing.ASPHALT)
    for arm in range(4):
        canvas.line([turned(arm, -far, 0.0), turned(arm, -half_box, 0.0)], drawing.PAINT, 0.15)
        canvas.line([turned(arm, -half_box, -width), turned(arm, -half_box, 0.0)], drawing.PAINT, 0.4)
        for side in (-width, width):
            canvas.line([turned(arm, -far, side), turned(arm, -half_box, side)], drawing.PAINT, 0.15)
        canvas.line([turned(arm, *point) for point in arc], drawing.PAINT, 0.15)


class IntersectionEnv(SingleEnv):
    """One intersection; keyword arguments replace settings of `conf/env/intersection.yaml`.

    The ego comes from the west and is steered along its route. Actions: `Discrete(3)` (0 slower, 1 keep, 2 faster), or
    with `action="continuous"` a `Box(2)` of pedal (−1 brakes, 1 accelerates) and lateral demand (1 m to the right or
    left of the route). Observations: the ego on its route, its signal, and the eight nearest vehicles with their
    indicators, cut to −1..1.
    """

    def __init__(self, render_mode: str | None = None, **settings: Any) -> None:
        spec = load_settings("intersection", IntersectionSpec, settings)
        super().__init__(IntersectionWorlds(1, None, spec), render_mode)


class IntersectionVectorEnv(NativeVectorEnv):
    """Many intersections; see `IntersectionEnv`."""

    def __init__(
        self, num_envs: int = 1, max_episode_steps: int | None = None, render_mode: str | None = None, **settings: Any
    ) -> None:
        spec = load_settings("intersection", IntersectionSpec, settings)
        super().__init__(IntersectionWorlds(num_envs, max_episode_steps, spec), render_mode)
