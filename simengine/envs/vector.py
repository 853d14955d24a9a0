"""Many worlds as a `gymnasium.vector.VectorEnv` that one kernel call steps, with autoreset in the same step."""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.envs.single import RENDER_MODES, refuse_options
from simengine.envs.worlds import Worlds


class NativeVectorEnv(VectorEnv[NDArray[np.float32], NDArray[Any], NDArray[Any]]):
    """Shows a batch of worlds to Gymnasium.

    World i of `reset(seed=s)` is the single environment's `reset(seed=s + i)`; without a seed every world begins its
    next episode. When an episode ends, `final_obs` and `final_info` hold its last observation and info.

    Args:
        worlds: The batch.
        render_mode: "rgb_array" or none.
    """

    def __init__(self, worlds: Worlds, render_mode: str | None = None) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise ConfigError(f"render_mode: {render_mode!r} is not allowed; must be {RENDER_MODES[0]!r} or None")
        self.worlds = worlds
        self.num_envs = worlds.num_envs
        self.render_mode = render_mode
        self.metadata = {
            "render_modes": list(RENDER_MODES), "render_fps": worlds.render_fps, "vehicles": worlds.vehicles,
            "dt": worlds.step_time, "substeps": worlds.substeps, "autoreset_mode": AutoresetMode.SAME_STEP,
        }  # fmt: skip
        self.single_observation_space: gym.Space[Any] = worlds.observation_space
        self.single_action_space: gym.Space[Any] = worlds.action_space
        self.observation_space = batch_space(worlds.observation_space, worlds.num_envs)
        self.action_space = batch_space(worlds.action_space, worlds.num_envs)
        self._seeded = False
        self._all = np.ones(worlds.num_envs, np.bool_)
        self._all.flags.writeable = False

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode in every world."""
        self.worlds.require_open()
        refuse_options(options)
        super().reset(seed=seed if isinstance(seed, int) else None)
        if isinstance(seed, (int, np.integer)):
            seeds: list[int | None] = [int(seed) + i for i in range(self.num_envs)]
        elif seed is None:
            seeds = [None] * self.num_envs
        else:
            seeds = list(seed)
        if len(seeds) != self.num_envs:
            raise ConfigError(f"seed: {len(seeds)} values; must be one integer or {self.num_envs} values")
        for i, own in enumerate(seeds):
            if own is not None:
                self.worlds.seed(i, own)
            elif not self._seeded:
                self.worlds.seed(i, int(self.np_random.integers(2**63 - 1)))
        self._seeded = True
        self.worlds.observation = np.empty_like(self.worlds.observation)
        self.worlds.info = np.empty_like(self.worlds.info)
        for i in range(self.num_envs):
            self.worlds.begin(i)
        return self.worlds.observation, self._info(self.worlds.info, self._all)

    def step(
        self, actions: NDArray[Any]
    ) -> tuple[NDArray[np.float32], NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Advance every world by one action; worlds whose episode ends begin the next at once."""
        worlds = self.worlds
        worlds.step(actions, autoreset=True)
        info = self._info(worlds.info, self._all)
        ended = worlds.terminated | worlds.truncated
        if ended.any():
            last = np.full(self.num_envs, None, dtype=object)
            for i in np.flatnonzero(ended):
                last[i] = worlds.final_observation[i].copy()
            info["final_obs"], info["_final_obs"] = last, ended
            info["final_info"], info["_final_info"] = self._info(worlds.final_info, ended), ended
        return worlds.observation, worlds.reward, worlds.terminated, worlds.truncated, info

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """Return a picture of every world from above, if `render_mode` asks for them."""
        self.worlds.require_begun("render()")
        if self.render_mode != "rgb_array":
            return None
        return tuple(self.worlds.draw(i) for i in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """End the use of the environment; `close` calls it once."""
        self.worlds.closed = True

    def _info(self, rows: NDArray[np.float64], mask: NDArray[np.bool_]) -> dict[str, Any]:
        info: dict[str, Any] = {}
        for column, (name, kind) in enumerate(self.worlds.info_fields):
            info[name] = np.where(mask, rows[:, column], 0.0).astype(kind)
            info["_" + name] = mask
        return info
