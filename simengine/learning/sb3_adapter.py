"""A Gymnasium vector environment with autoreset in the same step, as the `VecEnv` that Stable-Baselines3 trains on."""

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from simengine.core.errors import ConfigError


class VectorEnvAdapter(VecEnv):
    """Shows `envs` to Stable-Baselines3 without copying it apart into single environments.

    Args:
        envs: Whose autoreset mode is `SAME_STEP`.
        seed: Of the first reset; later resets go on with the episodes.
    """

    def __init__(self, envs: VectorEnv[Any, Any, Any], seed: int) -> None:
        if envs.metadata.get("autoreset_mode") is not AutoresetMode.SAME_STEP:
            raise ConfigError("the vector environment must reset in the step that ends an episode (SAME_STEP)")
        self.envs = envs
        self._seed: int | None = seed
        self._actions: NDArray[Any] = np.zeros(0)
        self._return = np.zeros(envs.num_envs)
        self._length = np.zeros(envs.num_envs, np.int64)
        self.finished: list[dict[str, float]] = []
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)

    def reset(self) -> NDArray[np.float32]:
        """Begin an episode in every world."""
        observation, _ = self.envs.reset(seed=self._seed)
        self._seed = None
        self._return[:], self._length[:] = 0.0, 0
        return observation

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        """Advance every world; `finished` gathers a row of numbers for each episode that ends."""
        observation, reward, terminated, truncated, info = self.envs.step(self._actions)
        self._return += reward
        self._length += 1
        done = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i in np.flatnonzero(done):
            infos[i] = {
                "terminal_observation": info["final_obs"][i],
                "TimeLimit.truncated": bool(truncated[i] and not terminated[i]),
            }
            row = {name: float(values[i]) for name, values in info["final_info"].items() if not name.startswith("_")}
            self.finished.append({"return": float(self._return[i]), "length": float(self._length[i]), **row})
        self._return[done], self._length[done] = 0.0, 0
        return observation, reward, done, infos

    def close(self) -> None:
        """Close the vector environment."""
        self.envs.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute of the vector environment, once per index."""
        return [getattr(self.envs, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refuse: the worlds have no attributes of their own."""
        raise AttributeError(f"{attr_name} cannot be set: the worlds are stepped together")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Refuse: the worlds have no methods of their own."""
        raise AttributeError(f"{method_name} cannot be called: the worlds are stepped together")

    def env_is_wrapped(self, wrapper_class: type[gym.Wrapper[Any, Any, Any, Any]], indices: Any = None) -> list[bool]:
        """Return that no world is wrapped."""
        return [False] * len(list(self._get_indices(indices)))

    def seed(self, seed: int | None = None) -> Sequence[None | int]:
        """Use a seed at the next reset."""
        self._seed = seed
        return [None if seed is None else seed + i for i in range(self.num_envs)]
