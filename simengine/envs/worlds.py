"""What every native environment is made of: a batch of worlds as arrays, advanced by one kernel call.

`SingleEnv` and `NativeVectorEnv` show the same worlds to Gymnasium, one or many; neither knows what is in them. An
episode depends only on its world's key, drawn from that world's own seed, and on its number, so world i of a batch
seeded s equals a single world seeded s + i, whatever the others do.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.core.launch import LAUNCH_LOCK
from simengine.core.rng import kernel_seed

STEP, EPISODE = 0, 1  # columns of `clock`


class Worlds(ABC):
    """A batch of worlds; subclasses are final and add the arrays of their state.

    Attributes:
        observation_space: Of one world.
        action_space: Of one world.
        info_fields: Name and type of each column of `info`.
        num_envs: How many worlds.
        vehicles: Simulated actors a world, the ego included.
        step_time: Between two actions [s].
        substeps: Of the motion per action.
        render_fps: Pictures a second at the pace of the world.
        keys: Random key of each world. Shape (num_envs,), uint64.
        clock: Steps taken and number of the episode. Shape (num_envs, 2), int64.
        observation: Latest; a new array every step. Shape (num_envs, size), float32.
        final_observation: Last of the episode that ended in the latest step. Shape as `observation`.
        reward: Shape (num_envs,).
        terminated: Shape (num_envs,).
        truncated: Shape (num_envs,).
        info: Shape (num_envs, fields).
        final_info: Of the episode that ended in the latest step. Shape as `info`.
    """

    info_fields: tuple[tuple[str, type], ...]

    def __init__(
        self, num_envs: int, max_steps: int | None, size: int, vehicles: int, step_time: float, substeps: int,
        choices: int,
    ) -> None:  # fmt: skip
        """Allocate what all worlds have; `size` is an observation's, no `choices` mean a continuous action of two."""
        if num_envs < 1:
            raise ConfigError(f"num_envs: {num_envs} is not allowed; must be at least 1")
        if max_steps is not None and max_steps < 1:
            raise ConfigError(f"max_episode_steps: {max_steps} is not allowed; must be at least 1, or null")
        self.vehicles, self.step_time, self.substeps = vehicles, step_time, substeps
        self.observation_space = gym.spaces.Box(-1.0, 1.0, (size,), np.float32)
        self.action_space: gym.Space[Any] = gym.spaces.Box(-1.0, 1.0, (2,), np.float32)
        if choices:
            self.action_space = gym.spaces.Discrete(choices)
        self.num_envs = num_envs
        self.max_steps = max_steps or 0
        self.keys = np.zeros(num_envs, np.uint64)
        self.clock = np.zeros((num_envs, 2), np.int64)
        self.observation = np.zeros((num_envs, size), np.float32)
        self.final_observation = np.zeros((num_envs, size), np.float32)
        self.reward = np.zeros(num_envs)
        self.terminated = np.zeros(num_envs, np.bool_)
        self.truncated = np.zeros(num_envs, np.bool_)
        self.info = np.zeros((num_envs, len(self.info_fields)))
        self.final_info = np.zeros((num_envs, len(self.info_fields)))

    @property
    def render_fps(self) -> int:
        """Pictures a second at the pace of the world."""
        return max(1, round(1.0 / self.step_time))

    def seed(self, env: int, seed: int) -> None:
        """Key a world by its own seed; its next episode is number 0."""
        self.keys[env] = kernel_seed(seed, type(self).__name__)
        self.clock[env, EPISODE] = -1

    def begin(self, env: int) -> None:
        """Begin a world's next episode."""
        self.clock[env, EPISODE] += 1
        self.terminated[env] = self.truncated[env] = False
        self._reset(env)

    def step(self, actions: NDArray[Any], autoreset: bool) -> None:
        """Advance every world by one action, into new output arrays.

        Args:
            actions: Of the batched action space.
            autoreset: Begin the next episode of a world in the step that ends one.

        Raises:
            ConfigError: Actions of another shape, or not finite.
        """
        encoded = encode_actions(self.action_space, np.asarray(actions), self.num_envs)
        if not np.isfinite(encoded).all():
            raise ConfigError("action: not a number or infinite; must be finite")
        self.observation = np.empty_like(self.observation)
        self.reward, self.info = np.empty_like(self.reward), np.empty_like(self.info)
        self.terminated, self.truncated = np.empty_like(self.terminated), np.empty_like(self.truncated)
        self._advance(encoded, autoreset)

    def _launch(self, step_world: Callable[..., None], step_worlds: Callable[..., None], arguments: tuple) -> None:
        """Call the kernel that steps one world, or the one that steps them all in parallel."""
        if self.num_envs == 1:
            step_world(0, *arguments)
        else:
            with LAUNCH_LOCK:
                step_worlds(*arguments)

    @abstractmethod
    def _reset(self, env: int) -> None:
        """Draw world `env`'s state from its key and episode number; write its observation and info."""

    @abstractmethod
    def _advance(self, actions: NDArray[np.float64], autoreset: bool) -> None:
        """Advance the state and write all outputs."""

    @abstractmethod
    def draw(self, env: int) -> NDArray[np.uint8]:
        """Return a picture of a world. Shape (height, width, 3)."""


def encode_actions(space: gym.Space[Any], actions: NDArray[Any], num_envs: int) -> NDArray[np.float64]:
    """Return a batch of Discrete or Box actions as float64 rows of two columns.

    Raises:
        ConfigError: The shape or a value is not of the batched space.
    """
    if isinstance(space, gym.spaces.Discrete):
        if actions.shape != (num_envs,) or not np.issubdtype(actions.dtype, np.integer):
            raise ConfigError(f"action: {actions.dtype} of shape {actions.shape}; must be ({num_envs},) integers")
        if ((actions < 0) | (actions >= space.n)).any():
            raise ConfigError(f"action: {actions.min()} to {actions.max()} is not allowed; must be 0 to {space.n - 1}")
        encoded = np.zeros((num_envs, 2))
        encoded[:, 0] = actions
        return encoded
    if actions.shape != (num_envs, *space.shape):
        raise ConfigError(f"action: shape {actions.shape} is not allowed; must be {(num_envs, *space.shape)}")
    return np.ascontiguousarray(actions, np.float64)
