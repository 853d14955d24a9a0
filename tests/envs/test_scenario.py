"""`Scenario-v0`: any scenario with any overrides keeps Gymnasium's contract."""

import gc

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.utils.env_checker import check_env

from simengine.core.errors import ConfigError

BRIEF = ["traffic=none", "pedestrians=none", "scenario.duration=1"]
ID = "simengine/Scenario-v0"


def make(scenario="highway/hard_brake", overrides=(), **settings):
    return gym.make(ID, scenario=scenario, overrides=[*BRIEF, *overrides], **settings)


@pytest.mark.filterwarnings("error::UserWarning")
def test_gymnasiums_checker_is_content():
    check_env(make(render_mode="rgb_array").unwrapped)


def test_the_same_seed_draws_and_drives_the_same_episode():
    episodes = []
    for _ in range(2):
        env = make()
        observation, info = env.reset(seed=5)
        steps = [observation]
        done = False
        while not done:
            observation, _, terminated, truncated, info = env.step(np.array([0.2, 0.0], np.float32))
            steps.append(observation)
            done = terminated or truncated
        episodes.append((np.stack(steps), info["seed"], info["time"]))
        env.close()
    assert np.array_equal(episodes[0][0], episodes[1][0]) and episodes[0][1:] == episodes[1][1:]
    assert episodes[0][2] == pytest.approx(1.0)


def test_a_robot_is_driven_by_speed_and_turn():
    env = make("warehouse/person_steps_out", ["pedestrians=none"])
    env.reset(seed=1)
    for _ in range(15):
        _, _, terminated, _, info = env.step(np.array([1.0, 0.0], np.float32))
        assert not terminated
    assert info["speed"] > 0.2
    env.close()


def test_options_choose_the_next_scenario_and_wrong_ones_are_refused():
    env = make()
    env.reset(seed=1, options={"overrides": [*BRIEF, "ego.speed=11"]})
    assert env.unwrapped._simulator.scenario.ego.speed == 11.0
    with pytest.raises(ConfigError, match="scenario and overrides, not weather"):
        env.reset(options={"weather": "fog"})
    with pytest.raises(ConfigError, match="highway/cut_in"):
        make("highway/cutin")
    env.reset(seed=1)
    with pytest.raises(ConfigError, match="two finite numbers"):
        env.unwrapped.step(np.array([np.nan, 0.0]))
    env.close()


def test_a_call_out_of_turn_is_gymnasiums_own_error():
    env = make(render_mode="rgb_array").unwrapped
    for call in (lambda: env.step(np.zeros(2)), env.render):
        with pytest.raises(ResetNeeded, match=r"before reset\(\): call reset\(\) first"):
            call()
    env.reset(seed=1)
    while not any(env.step([0.0, 0.0])[2:4]):
        pass
    with pytest.raises(ResetNeeded, match=r"over; call reset\(\)"):
        env.step([0.0, 0.0])
    env.reset()
    env.close()
    env.close()
    for call in (lambda: env.step(np.zeros(2)), env.reset, env.render):
        with pytest.raises(ClosedEnvironmentError, match="closed"):
            call()


def test_one_action_may_have_an_axis_of_one_and_others_are_refused():
    env = make().unwrapped
    outcomes = []
    for action in (np.array([0.3, 0.1]), [[0.3, 0.1]], (0.3, 0.1)):
        env.reset(seed=2)
        outcomes.append(env.step(action)[0])
    assert np.array_equal(outcomes[0], outcomes[1]) and np.array_equal(outcomes[0], outcomes[2])
    for action in (0.5, None, "ab", [1.0], [np.inf, 0.0], [[0.0, 0.0], [0.0, 0.0]]):
        with pytest.raises(ConfigError, match="^action = .*: must be two finite numbers$"):
            env.step(action)


@pytest.mark.parametrize("form", ["bare", "wrapped", "vector"])
def test_an_environment_that_is_dropped_frees_its_worlds(form):
    bullet = pytest.importorskip("simengine.physics.bullet.bullet", reason="PyBullet is not installed")

    def worlds():
        return sum(bool(bullet.p.isConnected(client)) for client in range(64))

    gc.collect()
    before = worlds()
    gc.disable()  # nothing may wait for the collector of cycles
    try:
        if form == "vector":
            settings = {"scenario": "highway/hard_brake", "overrides": BRIEF, "physics": "bullet"}
            env = gym.make_vec(ID, num_envs=2, vectorization_mode="sync", **settings)
        else:
            env = make(physics="bullet") if form == "wrapped" else make(physics="bullet").unwrapped
        env.reset(seed=1)
        assert worlds() == before + (2 if form == "vector" else 1)
        del env
        assert worlds() == before
    finally:
        gc.enable()
