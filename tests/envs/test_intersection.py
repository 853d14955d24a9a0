"""The intersection: ways in closed form, drivers who obey signals and give way, endings that are right."""

import math
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from simengine.core.space.geometry import boxes_gap
from simengine.envs.intersection import IntersectionEnv, layout, signals
from simengine.envs.intersection.routes import (
    LEFT,
    NUM_ROUTES,
    RIGHT,
    STRAIGHT,
    box_length,
    project_on_route,
    route_conflicts,
    route_pose,
)

SHAPE = (100.0, 9.5, 3.5)  # arm length, half the box, lane width [m]
SMALL: dict[str, Any] = {"vehicles": 6}
SLOWER, KEEP, FASTER = 0, 1, 2


@pytest.mark.parametrize("route", range(NUM_ROUTES))
def test_place_and_projection_are_inverse(route: int) -> None:
    for s in np.linspace(0.0, 230.0, 47):
        x, y, heading = route_pose(route, float(s), *SHAPE)
        left_x, left_y = x - 0.7 * math.sin(heading), y + 0.7 * math.cos(heading)
        along, aside, there, _ = project_on_route(route, left_x, left_y, *SHAPE)
        assert (along, aside) == pytest.approx((s, 0.7), abs=1e-9)
        assert math.cos(there - heading) == pytest.approx(1.0)


@pytest.mark.parametrize("route", range(NUM_ROUTES))
def test_a_way_has_no_jumps_and_the_length_it_says(route: int) -> None:
    s = np.arange(95.0, 130.0, 0.01)
    points = np.array([route_pose(route, float(value), *SHAPE)[:2] for value in s])
    steps = np.hypot(*np.diff(points, axis=0).T)
    assert steps == pytest.approx(0.01, rel=1e-3)
    assert box_length(STRAIGHT, 9.5, 3.5) == 19.0


def test_ways_conflict_exactly_where_drivers_know_it() -> None:
    enter, leave = route_conflicts(*SHAPE)
    from_west, from_south, from_east, from_north = 0, 3, 6, 9
    assert math.isfinite(enter[from_west + STRAIGHT, from_south + STRAIGHT])
    assert math.isfinite(enter[from_west + LEFT, from_east + STRAIGHT])
    assert math.isinf(enter[from_west + STRAIGHT, from_east + STRAIGHT])
    assert math.isinf(enter[from_west + RIGHT, from_east + RIGHT])
    assert math.isfinite(enter[from_west + RIGHT, from_north + STRAIGHT])  # they merge
    assert np.array_equal(np.isinf(enter), np.isinf(enter.T))
    both = np.isfinite(enter)
    assert (leave[both] >= enter[both]).all()


@pytest.mark.parametrize("signaled", [True, False])
def test_traffic_neither_collides_nor_runs_red(signaled: bool) -> None:
    envs = gym.make_vec(
        "simengine/Intersection-v0", num_envs=4, driver="built_in", signaled=signaled, green=6.0, **SMALL
    )
    envs.reset(seed=5)
    worlds = envs.worlds
    arrived = passed = 0
    for _ in range(600):
        _, _, terminated, _, info = envs.step(np.full(4, KEEP))
        if terminated.any():
            final = info["final_info"]
            assert not final["crashed"].any() and not final["off_road"].any()
            arrived += int(final["success"].sum())
        assert not info["ran_red"].any()
        passed = max(passed, int(worlds.place[..., layout.BEGUN].sum()))
        for e in range(4):
            present = np.flatnonzero(worlds.place[e, :, layout.PRESENT])
            for a in present:
                for b in present[present > a]:
                    p, q = worlds.motion[e, a], worlds.motion[e, b]
                    r, t = worlds.trait[e, a], worlds.trait[e, b]
                    assert boxes_gap(
                        p[layout.X], p[layout.Y], p[layout.YAW], r[layout.LENGTH], r[layout.WIDTH],
                        q[layout.X], q[layout.Y], q[layout.YAW], t[layout.LENGTH], t[layout.WIDTH],
                    ) > 0.0  # fmt: skip
    assert arrived >= 8 and passed >= 4


def run(env: IntersectionEnv, action: Any, steps: int) -> tuple[float, bool, dict[str, Any]]:
    total, ended, info, ran_red = 0.0, False, {}, False
    for _ in range(steps):
        _, reward, ended, _, info = env.step(action)
        total += reward
        ran_red = ran_red or info["ran_red"]
        if ended:
            break
    return total, ended, {**info, "ran_red": ran_red}


@pytest.mark.parametrize("turn", ["straight", "left", "right"])
def test_a_gentle_ego_is_steered_through_its_turn(turn: str) -> None:
    env = IntersectionEnv(vehicles=0, ego_turn=turn, signaled=False)
    env.reset(seed=1)
    env.worlds.motion[0, 0, layout.SPEED] = 4.0
    total, ended, info = run(env, KEEP, 200)
    assert ended and info["success"] and not info["off_road"]
    assert abs(env.worlds.motion[0, 0, layout.ASIDE]) < 0.3
    assert total > 5.0


def test_running_red_costs_and_is_told() -> None:
    env = IntersectionEnv(vehicles=0, ego_turn="straight")
    totals = {}
    for seed in range(12):
        env.reset(seed=seed)
        total, _, info = run(env, KEEP, 100)
        totals.setdefault(info["ran_red"], []).append(total)
    assert max(totals[True]) < min(totals[False]) - 3.0


def test_too_fast_a_turn_leaves_the_road() -> None:
    env = IntersectionEnv(vehicles=0, ego_turn="right", signaled=False)
    env.reset(seed=1)
    total, ended, info = run(env, FASTER, 100)
    assert ended and info["off_road"] and total < 0.0


def test_signals_give_each_street_its_turn() -> None:
    env = IntersectionEnv(green=10.0, amber=3.0, all_red=2.0)
    settings = env.worlds.settings
    shown = [(signals.signal_at(t, 0, settings), signals.signal_at(t, 1, settings)) for t in np.arange(0.0, 30.0, 0.5)]
    assert (layout.GREEN, layout.GREEN) not in shown and (layout.GREEN, layout.AMBER) not in shown
    assert shown.count((layout.GREEN, layout.RED)) == shown.count((layout.RED, layout.GREEN)) == 20
    assert shown.count((layout.RED, layout.RED)) == 8
