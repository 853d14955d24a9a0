"""The warehouse: ways that are shortest, a scan that is true, people who do not walk into the robot."""

import math
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from simengine.envs.warehouse import WarehouseNavigationEnv, hall, layout, view

SMALL: dict[str, Any] = {"people": 3, "aisles": 2, "aisle_length": 6.0}


def test_the_built_in_driver_arrives_and_the_way_shrinks() -> None:
    env = WarehouseNavigationEnv(**{**SMALL, "people": 0}, driver="built_in")
    for seed in range(4):
        _, info = env.reset(seed=seed)
        way, total, ended = info["way_left"], 0.0, False
        for _ in range(300):
            _, reward, ended, _, info = env.step(np.zeros(2, np.float32))
            assert info["way_left"] < way + 0.3
            way, total = info["way_left"], total + reward
            if ended:
                break
        assert ended and info["success"] and not info["crashed"]
        assert total > 5.0


def test_the_way_goes_round_the_shelves_by_the_nearest_passage() -> None:
    settings = WarehouseNavigationEnv(**SMALL).worlds.settings
    low, high = hall.aisle_y(0, settings), hall.aisle_y(1, settings)
    length, x, y = hall.find_way(2.0, low, 3.0, high, settings)
    assert length == pytest.approx(2.0 + 3.0 + high - low)
    assert (x, y) == (0.0, low)
    length, x, y = hall.find_way(0.1, low, 3.0, high, settings)
    assert (x, y) == (0.0, high)
    length, x, y = hall.find_way(2.0, high, 3.0, high, settings)
    assert (length, x, y) == (1.0, 3.0, high)


def test_the_scan_measures_walls_shelves_and_people() -> None:
    env = WarehouseNavigationEnv(**{**SMALL, "people": 1})
    env.reset(seed=1)
    worlds = env.worlds
    s = worlds.settings
    aisle = hall.aisle_y(0, s)
    worlds.robot[0, : layout.FORWARD] = (2.0, aisle, 0.0)
    worlds.robot[0, layout.FORWARD : layout.GOAL_X] = 0.0
    worlds.people[0, 0, : layout.TO] = (5.0, aisle, 0.0, 0.0)
    scan = np.zeros((1, view.RAYS), np.float32)
    view.scan_round(0, s, worlds.robot, worlds.people, scan, 0)
    ahead, left, back = scan[0, 0], scan[0, view.RAYS // 4], scan[0, view.RAYS // 2]
    assert ahead * view.RANGE == pytest.approx(3.0 - layout.BODY, abs=1e-5)
    assert left * view.RANGE == pytest.approx(0.5 * s.aisle_width, abs=1e-5)
    assert back * view.RANGE == pytest.approx(min(10.0, 2.0 + hall.half_hall(s)[0]), abs=1e-5)


def test_driving_into_a_shelf_is_a_collision() -> None:
    env = WarehouseNavigationEnv(**{**SMALL, "people": 0})
    env.reset(seed=1)
    worlds = env.worlds
    worlds.robot[0, : layout.FORWARD] = (3.0, hall.aisle_y(0, worlds.settings), math.pi / 2)
    total = 0.0
    for _ in range(10):
        _, reward, ended, _, info = env.step(np.array([1.0, 0.0], np.float32))
        total += reward
        if ended:
            break
    assert ended and info["crashed"] and not info["success"] and total < -5.0


def test_people_do_not_walk_into_a_robot_that_stands() -> None:
    envs = gym.make_vec("simengine/WarehouseNavigation-v0", num_envs=4, max_episode_steps=100_000, **SMALL)
    envs.reset(seed=2)
    worlds = envs.worlds
    walked = np.zeros(4)
    for _ in range(500):
        before = worlds.people[..., :2].copy()
        _, _, terminated, _, _ = envs.step(np.zeros((4, 2), np.float32))
        assert not terminated.any()
        walked += np.hypot(*np.moveaxis(worlds.people[..., :2] - before, -1, 0)).sum(axis=1)
    assert (walked / 3 / 100.0 > 0.3).all()  # meters a second and person
    hall_x, hall_y = hall.half_hall(worlds.settings)
    assert (np.abs(worlds.people[..., 0]) <= hall_x).all() and (np.abs(worlds.people[..., 1]) <= hall_y).all()
