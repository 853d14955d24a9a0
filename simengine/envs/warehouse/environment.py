"""`simengine/WarehouseNavigation-v0`: drive a robot to a goal among shelves and walking people."""

import math
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from simengine.envs import drawing
from simengine.envs.settings import EnvSpec, Weight, load_settings
from simengine.envs.single import SingleEnv
from simengine.envs.vector import NativeVectorEnv
from simengine.envs.warehouse import episode, hall, layout, view
from simengine.envs.worlds import Worlds
from simengine.physics.vehicle.catalog import model_named

_FLOOR, _SHELF, _RAY = (178, 178, 168), (128, 92, 52), (150, 196, 235)
_PICTURE = 900  # longer side of pictures [px]


class WarehouseSpec(EnvSpec):
    """The settings of `conf/env/warehouse.yaml`; units are there."""

    people: Annotated[int, Ge(0), Le(100)]
    aisles: Annotated[int, Ge(1), Le(20)]
    aisle_length: Annotated[float, Ge(4.0), Le(100.0)]
    aisle_width: Annotated[float, Ge(1.8), Le(8.0)]
    shelf_depth: Annotated[float, Ge(0.4), Le(3.0)]
    progress_weight: Weight
    arrival_weight: Weight
    time_weight: Weight


class WarehouseWorlds(Worlds):
    """A batch of warehouses."""

    info_fields = (("speed", float), ("crashed", bool), ("success", bool), ("way_left", float))

    def __init__(self, num_envs: int, max_steps: int | None, spec: WarehouseSpec) -> None:
        super().__init__(num_envs, max_steps, view.OBSERVATION_SIZE, spec.people + 1, spec.dt, spec.substeps, 0)
        model = model_named("robot")
        shared = set(layout.WarehouseSettings._fields) & set(WarehouseSpec.model_fields)
        self.settings = layout.WarehouseSettings(
            **{name: getattr(spec, name) for name in shared},
            step=spec.dt, built_in=spec.driver == "built_in", length=model.length, width=model.width,
            track_width=model.track_width, acceleration=model.max_acceleration, braking=model.max_deceleration,
            top_speed=model.max_speed,
        )  # fmt: skip
        self.robot = np.zeros((num_envs, layout.ROBOT_COLUMNS))
        self.people = np.zeros((num_envs, spec.people, layout.PEOPLE_COLUMNS))
        self.scan = np.zeros((num_envs, view.RAYS), np.float32)

    def _reset(self, env: int) -> None:
        episode.reset_world(
            env, self.settings, self.robot, self.people, self.scan, self.clock, self.keys, self.observation, self.info
        )

    def _advance(self, actions: NDArray[np.float64], autoreset: bool) -> None:
        arguments = (
            self.settings, self.max_steps, autoreset, self.keys, actions, self.robot, self.people, self.scan,
            self.clock, self.observation, self.final_observation, self.reward, self.terminated, self.truncated,
            self.info, self.final_info,
        )  # fmt: skip
        self._launch(episode.step_world, episode.step_worlds, arguments)

    def draw(self, env: int) -> NDArray[np.uint8]:
        s, robot = self.settings, self.robot[env]
        half_x, half_y = hall.half_hall(s)
        scale = _PICTURE / (2.0 * max(half_x, half_y) + 1.0)
        canvas = drawing.Canvas(
            (0.0, 0.0), round((2.0 * half_x + 1.0) * scale), round((2.0 * half_y + 1.0) * scale), scale, drawing.BANNER
        )
        canvas.box(0.0, 0.0, 0.0, 2.0 * half_x, 2.0 * half_y, _FLOOR)
        x, y, yaw = robot[layout.X], robot[layout.Y], robot[layout.YAW]
        sweep = []
        for k in range(view.RAYS):
            angle, distance = yaw + 2.0 * math.pi * k / view.RAYS, float(self.scan[env, k]) * view.RANGE
            sweep.append((x + distance * math.cos(angle), y + distance * math.sin(angle)))
            canvas.line([(x, y), sweep[-1]], _RAY, 0.02)
        for row in range(s.aisles + 1):
            for half in range(2):
                canvas.box(*hall.shelf_center(row, half, s), 0.0, s.aisle_length, s.shelf_depth, _SHELF,
                           drawing.GLASS)  # fmt: skip
        for point in sweep:
            canvas.disc(*point, 0.07, drawing.BRAKING)
        canvas.line(
            [(x, y), (robot[layout.NEXT_X], robot[layout.NEXT_Y]), (robot[layout.GOAL_X], robot[layout.GOAL_Y])],
            drawing.GOAL, 0.08,
        )  # fmt: skip
        canvas.disc(robot[layout.GOAL_X], robot[layout.GOAL_Y], layout.ARRIVED, drawing.GOAL, drawing.GLASS)
        for person in self.people[env]:
            canvas.disc(person[layout.PX], person[layout.PY], layout.BODY, drawing.PERSON, drawing.GLASS)
        canvas.vehicle(x, y, yaw, s.length, s.width, drawing.EGO, False)
        state = "  COLLISION" if self.info[env, layout.INFO_CRASHED] else ""
        state += "  ARRIVED" if self.info[env, layout.INFO_SUCCESS] else ""
        return canvas.finish(
            f"step {self.clock[env, 0]}   {robot[layout.FORWARD]:.2f} m/s   {robot[layout.YAW_RATE]:+.2f} rad/s   "
            f"{robot[layout.WAY_LEFT]:.1f} m to go   reward {self.reward[env]:+.3f}{state}"
        )


class WarehouseNavigationEnv(SingleEnv):
    """One warehouse; keyword arguments replace settings of `conf/env/warehouse.yaml`.

    Actions: a `Box(2)` of speed (−1 reverse, 1 top speed) and yaw rate (1 is left). Observations: the robot's motion,
    the goal and the next waypoint of the shortest way as directions and distances, a laser scan of 36 rays and how it
    differs from the last one, cut to −1..1.
    """

    def __init__(self, render_mode: str | None = None, **settings: Any) -> None:
        super().__init__(WarehouseWorlds(1, None, load_settings("warehouse", WarehouseSpec, settings)), render_mode)


class WarehouseNavigationVectorEnv(NativeVectorEnv):
    """Many warehouses; see `WarehouseNavigationEnv`."""

    def __init__(
        self, num_envs: int = 1, max_episode_steps: int | None = None, render_mode: str | None = None, **settings: Any
    ) -> None:
        spec = load_settings("warehouse", WarehouseSpec, settings)
        super().__init__(WarehouseWorlds(num_envs, max_episode_steps, spec), render_mode)
