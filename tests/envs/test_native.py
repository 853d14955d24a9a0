"""What every native environment promises: Gymnasium's contract, and rows of a batch that equal single worlds."""

import json
from typing import Any

import gymnasium as gym
import numba
import numpy as np
import pytest
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from simengine.core.errors import ConfigError

SMALL: dict[str, dict[str, Any]] = {
    "simengine/Highway-v0": {"vehicles": 6, "lanes": 3, "ring_length": 150.0},
    "simengine/Intersection-v0": {"vehicles": 6},
    "simengine/WarehouseNavigation-v0": {"people": 3, "aisles": 2, "aisle_length": 6.0},
}
IDS = list(SMALL)
STEPS = 12  # of an episode: short, so that three of them pass quickly


def make(env_id: str, **settings: Any) -> gym.Env:
    return gym.make(env_id, max_episode_steps=STEPS, **SMALL[env_id], **settings)


def make_vec(env_id: str, num_envs: int, **settings: Any) -> gym.vector.VectorEnv:
    return gym.make_vec(env_id, num_envs=num_envs, max_episode_steps=STEPS, **SMALL[env_id], **settings)


def draw_actions(envs: gym.vector.VectorEnv, steps: int) -> list[np.ndarray]:
    envs.action_space.seed(5)
    return [envs.action_space.sample() for _ in range(steps)]


def assert_same_info(single: dict[str, Any], batch: dict[str, Any], row: int) -> None:
    for name, value in single.items():
        assert value == batch[name][row] and type(value) is type(batch[name][row].item()), name


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("env_id", IDS)
def test_gymnasiums_checker_is_content(env_id: str) -> None:
    check_env(make(env_id, render_mode="rgb_array").unwrapped)


@pytest.mark.parametrize("env_id", IDS)
def test_a_row_equals_the_single_environment_of_its_seed(env_id: str) -> None:
    envs = make_vec(env_id, 4)
    actions = draw_actions(envs, 3 * STEPS)
    observation, info = envs.reset(seed=40)
    record = [(observation, None, None, None, info), *[envs.step(action) for action in actions]]
    for row in (0, 3):
        env = make(env_id)
        episodes = 0
        single, info = env.reset(seed=40 + row)
        assert np.array_equal(single, record[0][0][row])
        assert_same_info(info, record[0][4], row)
        for action, (observations, rewards, terminations, truncations, infos) in zip(actions, record[1:], strict=True):
            single, reward, terminated, truncated, info = env.step(action[row])
            assert (reward, terminated, truncated) == (rewards[row], terminations[row], truncations[row])
            if terminated or truncated:
                episodes += 1
                assert np.array_equal(single, infos["final_obs"][row])
                assert_same_info(info, infos["final_info"], row)
                single, info = env.reset()
            assert np.array_equal(single, observations[row])
            assert_same_info(info, infos, row)
        assert episodes >= 3


@pytest.mark.parametrize("env_id", IDS)
def test_neither_threads_nor_neighbors_change_a_world(env_id: str) -> None:
    results = []
    for threads, num_envs in ((1, 2), (min(2, numba.config.NUMBA_NUM_THREADS), 5)):
        numba.set_num_threads(threads)
        envs = make_vec(env_id, num_envs)
        envs.reset(seed=3)
        actions = draw_actions(make_vec(env_id, 2), STEPS + 3)
        steps = []
        for action in actions:
            padded = np.concatenate([action, np.repeat(action[:1], num_envs - 2, axis=0)])
            observation, reward, *_ = envs.step(padded)
            steps.append((observation[:2].copy(), reward[:2].copy()))
        results.append(steps)
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    for (observation, reward), (other, other_reward) in zip(*results, strict=True):
        assert np.array_equal(observation, other) and np.array_equal(reward, other_reward)


@pytest.mark.parametrize("env_id", IDS)
def test_a_vector_environment_describes_itself(env_id: str) -> None:
    envs = make_vec(env_id, 3, render_mode="rgb_array")
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert envs.metadata["vehicles"] >= 4 and envs.metadata["dt"] == 0.2 and envs.metadata["substeps"] == 2
    assert json.loads(make(env_id).spec.to_json())["id"] == env_id
    spaces = envs.single_observation_space, envs.action_space
    observation, _ = envs.reset(seed=1)
    assert envs.observation_space.contains(observation)
    assert spaces == (envs.single_observation_space, envs.action_space)
    assert spaces[1] is envs.action_space
    pictures = envs.render()
    assert len(pictures) == 3 and pictures[0].dtype == np.uint8 and pictures[0].shape[2] == 3
    assert len(np.unique(pictures[0].reshape(-1, 3), axis=0)) > 8
    envs.close()
    envs.close()


@pytest.mark.parametrize("env_id", IDS)
def test_observations_stay_within_their_space(env_id: str) -> None:
    envs = make_vec(env_id, 4)
    envs.reset(seed=9)
    for action in draw_actions(envs, 40):
        observation, reward, *_ = envs.step(action)
        assert envs.observation_space.contains(observation)
        assert np.isfinite(reward).all()


@pytest.mark.parametrize("env_id", IDS)
def test_each_seed_is_another_episode_and_so_is_each_number(env_id: str) -> None:
    envs = make_vec(env_id, 3)
    first, _ = envs.reset(seed=[7, 7, 8])
    assert np.array_equal(first[0], first[1]) and not np.array_equal(first[0], first[2])
    second, _ = envs.reset()
    assert not np.array_equal(first[0], second[0])
    again, _ = envs.reset(seed=[7, 7, 8])
    assert np.array_equal(first, again)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"vehicels": 3}, "vehicles"),
        ({"vehicles": -1}, "vehicles = -1"),
        ({"action": "telepathy"}, "discrete"),
        ({"ring_length": float("nan")}, "ring_length"),
        ({"vehicles": 200, "ring_length": 100.0}, "ring_length = 100"),
        ({"render_mode": "hologram"}, "render_mode"),
        ({"num_envs": 0}, "num_envs"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        gym.make_vec("simengine/Highway-v0", **{"num_envs": 2, **settings})


@pytest.mark.parametrize("env_id", IDS)
def test_wrong_actions_and_options_are_refused(env_id: str) -> None:
    envs = make_vec(env_id, 2)
    envs.reset(seed=1)
    with pytest.raises(ConfigError, match="action"):
        envs.step(np.zeros((3, 3)))
    with pytest.raises(ConfigError, match="action"):
        envs.step(np.full(envs.action_space.shape, 99) if isinstance(
            envs.single_action_space, gym.spaces.Discrete) else np.full(envs.action_space.shape, np.nan))  # fmt: skip
    with pytest.raises(ConfigError, match="color"):
        envs.reset(options={"color": "red"})
    with pytest.raises(ConfigError, match="seed"):
        envs.reset(seed=[1, 2, 3])


def test_registering_again_changes_nothing() -> None:
    from simengine.envs.registration import register_envs

    before = dict(gym.registry)
    register_envs()
    assert dict(gym.registry) == before


@pytest.mark.parametrize("env_id", IDS)
def test_a_call_out_of_turn_is_gymnasiums_own_error(env_id: str) -> None:
    for env in (make(env_id, render_mode="rgb_array").unwrapped, make_vec(env_id, 2, render_mode="rgb_array")):
        action = env.action_space.sample()
        for call in (lambda: env.step(action), env.render):  # noqa: B023
            with pytest.raises(ResetNeeded, match=r"before reset\(\): call reset\(\) first"):
                call()
        env.reset(seed=1)
        env.step(action)
        env.close()
        env.close()
        for call in (lambda: env.step(action), env.reset, env.render):  # noqa: B023
            with pytest.raises(ClosedEnvironmentError, match="closed"):
                call()


def test_a_single_environment_whose_episode_is_over_asks_for_reset() -> None:
    env = make("simengine/WarehouseNavigation-v0").unwrapped
    env.reset(seed=1)
    for _ in range(1000):
        if env.step(np.array([1.0, 0.0]))[2]:
            break
    with pytest.raises(ResetNeeded, match=r"over; call reset\(\)"):
        env.step(np.array([1.0, 0.0]))
    env.reset()
    env.step(np.array([1.0, 0.0]))


@pytest.mark.parametrize("action", [1, np.int64(1), np.uint8(1), np.array(1), np.array([1]), np.array([[1]]), [1]])
def test_one_action_may_be_a_number_or_an_array_of_one(action: Any) -> None:
    plain, other = make("simengine/Highway-v0"), make("simengine/Highway-v0")
    plain.reset(seed=3)
    other.reset(seed=3)
    assert np.array_equal(plain.step(1)[0], other.unwrapped.step(action)[0])


def test_actions_of_many_worlds_may_have_an_axis_of_one() -> None:
    for env_id, action in (("simengine/Highway-v0", np.array([1, 3])), ("simengine/WarehouseNavigation-v0", None)):
        action = np.array([[0.5, 0.1], [0.2, 0.3]]) if action is None else action
        outcomes = []
        for given in (action, action[:, None], action.tolist()):
            envs = make_vec(env_id, 2)
            envs.reset(seed=3)
            outcomes.append(envs.step(given)[0])
        assert np.array_equal(outcomes[0], outcomes[1]) and np.array_equal(outcomes[0], outcomes[2])


@pytest.mark.parametrize("action", [5, -1, 1.0, "1", None, [1, 1], np.array([0.1, 0.2]), [[1], [1, 2]], 2**63])
def test_an_action_that_is_none_is_refused_in_the_same_words(action: Any) -> None:
    env = make("simengine/Highway-v0").unwrapped
    env.reset(seed=3)
    with pytest.raises(ConfigError, match="^action = .*: must be a whole number from 0 to 4$"):
        env.step(action)
