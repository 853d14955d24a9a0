"""The ring highway: drivers that keep apart, actions that do what they say, endings that are right."""

import math
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from simengine.behavior.idm import equilibrium_gap
from simengine.envs.highway import HighwayEnv, drivers, layout, view

SMALL: dict[str, Any] = {"vehicles": 6, "lanes": 3, "ring_length": 150.0}
KEEP = 1


def run(env: HighwayEnv, action: Any, steps: int) -> tuple[float, bool, dict[str, Any]]:
    total, ended, info = 0.0, False, {}
    for _ in range(steps):
        _, reward, ended, _, info = env.step(action)
        total += reward
        if ended:
            break
    return total, ended, info


def alone(**settings: Any) -> HighwayEnv:
    env = HighwayEnv(vehicles=0, lanes=3, ring_length=1000.0, **settings)
    env.reset(seed=1)
    return env


def test_traffic_keeps_apart_for_minutes() -> None:
    envs = gym.make_vec("simengine/Highway-v0", num_envs=4, driver="built_in", **SMALL)
    envs.reset(seed=2)
    worlds = envs.worlds
    nearest = math.inf
    for _ in range(900):
        _, _, terminated, _, info = envs.step(np.full(4, KEEP))
        assert not terminated.any()
        for e in range(4):
            x, y = worlds.motion[e, :, layout.X], worlds.motion[e, :, layout.Y]
            length = worlds.trait[e, :, layout.OWN_LENGTH]
            dx = np.abs((x[:, None] - x + 75.0) % 150.0 - 75.0) - 0.5 * (length[:, None] + length)
            dy = np.abs(y[:, None] - y)
            np.fill_diagonal(dx, np.inf)
            nearest = min(nearest, float(dx[dy < 1.5].min(initial=np.inf)))
    assert nearest > 0.5
    assert (worlds.place[..., layout.TARGET] != worlds.place[:, :1, layout.TARGET]).any()


def test_single_file_traffic_settles_at_the_models_equilibrium() -> None:
    env = HighwayEnv(vehicles=5, lanes=1, ring_length=150.0, driver="built_in", traffic_speed_std=0.0)
    env.reset(seed=3)
    worlds = env.worlds
    worlds.trait[0, :] = worlds.trait[0, 0]  # six equal drivers
    for _ in range(3000):
        env.step(KEEP)
    speed, trait = worlds.motion[0, :, layout.SPEED], worlds.trait[0, 0]
    assert np.ptp(speed) < 0.01
    gap = equilibrium_gap(float(speed[0]), trait[layout.DESIRED], trait[layout.TIME_GAP], drivers.MIN_GAP, 4.0)
    assert gap == pytest.approx(150.0 / 6 - trait[layout.OWN_LENGTH], rel=0.01)


@pytest.mark.parametrize(("action", "lanes"), [(0, 1), (2, -1)])
def test_lane_actions_change_by_one_lane(action: int, lanes: int) -> None:
    env = alone()
    worlds = env.worlds
    worlds.motion[0, 0, layout.Y], worlds.place[0, 0, layout.TARGET] = 3.75, 1
    run(env, action, 1)
    _, ended, info = run(env, KEEP, 40)
    assert info["lane"] == 1 + lanes and not ended
    assert worlds.motion[0, 0, layout.Y] == pytest.approx((1 + lanes) * 3.75, abs=0.05)


@pytest.mark.parametrize("dynamics", ["kinematic", "dynamic"])
def test_speed_actions_speed_up_to_the_limit_and_slow_down(dynamics: str) -> None:
    env = alone(dynamics=dynamics, substeps=10)
    _, _, info = run(env, 3, 120)
    assert info["speed"] == pytest.approx(30.0, abs=0.1)
    _, _, info = run(env, 4, 10)
    assert info["speed"] == pytest.approx(20.0, abs=0.2)


def test_both_vehicle_models_agree_on_a_lane_change() -> None:
    ends = []
    for dynamics in ("kinematic", "dynamic"):
        env = alone(dynamics=dynamics, substeps=20)
        worlds = env.worlds
        worlds.motion[0, 0, layout.Y], worlds.motion[0, 0, layout.SPEED] = 0.0, 22.0
        worlds.place[0, 0, layout.TARGET] = 0
        track = []
        for step in range(25):
            env.step(0 if step == 0 else KEEP)
            track.append(worlds.motion[0, 0, layout.Y])
        ends.append(track)
    assert ends[0][-1] == pytest.approx(3.75, abs=0.1) and ends[1][-1] == pytest.approx(3.75, abs=0.1)
    assert np.abs(np.subtract(*ends)).max() < 0.35


def test_leaving_the_road_ends_the_episode_and_costs() -> None:
    env = alone(action="continuous")
    env.worlds.motion[0, 0, layout.Y] = 0.0
    total, ended, info = run(env, np.array([0.0, -1.0], np.float32), 60)
    assert ended and info["off_road"] and not info["crashed"]
    assert total < -5.0


def test_driving_into_a_standing_vehicle_is_a_collision() -> None:
    env = HighwayEnv(**{**SMALL, "vehicles": 1})
    env.reset(seed=4)
    worlds = env.worlds
    worlds.motion[0, :, layout.Y] = 0.0
    worlds.place[0, :, :3] = 0
    worlds.motion[0, :, layout.X] = (10.0, 40.0)
    worlds.motion[0, :, layout.SPEED] = (20.0, 0.0)
    worlds.trait[0, 1, layout.DESIRED] = 0.1
    drivers.sort_along(0, worlds.motion, worlds.place)
    total, ended, info = run(env, KEEP, 20)
    assert ended and info["crashed"] and total < -5.0


def test_the_ego_sees_who_is_ahead_beside_and_behind() -> None:
    env = HighwayEnv(**{**SMALL, "vehicles": 2})
    env.reset(seed=4)
    worlds = env.worlds
    worlds.motion[0, :, layout.Y] = (3.75, 3.75, 7.5)
    for n, lane in enumerate((1, 1, 2)):
        worlds.place[0, n, layout.TARGET : layout.HIGH + 1] = lane
    worlds.motion[0, :, layout.X] = (20.0, 50.0, 14.0)
    worlds.motion[0, :, layout.SPEED] = (20.0, 17.0, 20.0)
    worlds.motion[0, :, layout.YAW] = 0.0
    drivers.sort_along(0, worlds.motion, worlds.place)
    observation, *_ = env.step(KEEP)
    slots = observation[view.EGO_FEATURES :].reshape(view.SLOTS, view.SLOT_FEATURES)
    ahead, left_behind, right = slots[0], slots[5], slots[6]
    length = 0.5 * (worlds.trait[0, 0, layout.OWN_LENGTH] + worlds.trait[0, 1, layout.OWN_LENGTH])
    assert ahead[0] == 1.0 and left_behind[0] == 1.0 and right[0] == 0.0
    gap = worlds.motion[0, 1, layout.X] - worlds.motion[0, 0, layout.X] - length
    assert ahead[1] * 120.0 == pytest.approx(gap, abs=0.01)
    closing = worlds.motion[0, 0, layout.SPEED] - worlds.motion[0, 1, layout.SPEED]
    assert ahead[3] * 15.0 == pytest.approx(closing, abs=0.01) and closing > 2.0
