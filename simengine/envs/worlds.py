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
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.core.kernel_lock import LAUNCH_LOCK
from simengine.core.rng import kernel_seed

STEP, EPISODE = 0, 1  # columns of `clock`


class Worlds(ABC):
    """A batch of worlds; subclasses are final and add the arrays of their state.

    Attributes:
        observation_space: Of one world.
        action_space: Of one world.
        info_fields: Name and type of each column of `info`.
        num_envs: How many worlds.
        closed: Whether the environment was closed.
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
        self.closed = False
        self._begun = np.zeros(num_envs, np.bool_)
        self._over = False  # an episode has ended that nobody begins by itself
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

    def require_open(self) -> None:
        """Refuse a call after `close`."""
        if self.closed:
            raise ClosedEnvironmentError("the environment was closed; make another")

    def require_begun(self, call: str) -> None:
        """Refuse a call that needs a begun world: before the first reset, after the end of an episode, when closed."""
        self.require_open()
        if not self._begun.all():
            raise ResetNeeded(f"{call} before reset(): call reset() first")
        if call == "step()" and self._over:
            raise ResetNeeded("step(): the episode is over; call reset() to begin the next one")

    def begin(self, env: int) -> None:
        """Begin a world's next episode."""
        self._begun[env], self._over = True, False
        self.clock[env, EPISODE] += 1
        self.terminated[env] = self.truncated[env] = False
        self._reset(env)

    def step(self, actions: Any, autoreset: bool) -> None:
        """Advance every world by one action, into new output arrays.

        Args:
            actions: Of the batched action space.
            autoreset: Begin the next episode of a world in the step that ends one.

        Raises:
            ConfigError: Actions of another shape, or not finite.
            ResetNeeded: A world has not begun, or its episode is over.
            ClosedEnvironmentError: `close` was called.
        """
        self.require_begun("step()")
        encoded = encode_actions(self.action_space, actions, self.num_envs)
        self.observation = np.empty_like(self.observation)
        self.reward, self.info = np.empty_like(self.reward), np.empty_like(self.info)
        self.terminated, self.truncated = np.empty_like(self.terminated), np.empty_like(self.truncated)
        self._advance(encoded, autoreset)
        self._over = not autoreset and bool((self.terminated | self.truncated).any())

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


def encode_actions(space: gym.Space[Any], actions: Any, num_envs: int) -> NDArray[np.float64]:
    """Return a batch of Discrete or Box actions as float64 rows of two columns.

    Axes of length one do not matter: libraries give one action as a number, as an array without axes or as an array of
    one. Numbers beyond the bounds of a Box are cut to them when they are used, as in many of Gymnasium's environments.

    Raises:
        ConfigError: The shape or a value is not of the batched space.
    """
    try:
        given = np.asarray(actions)
    except ValueError:  # rows of different lengths
        given = np.asarray(None)
    discrete = isinstance(space, gym.spaces.Discrete)
    wanted = (num_envs, *space.shape)
    fits = [side for side in given.shape if side != 1] == [side for side in wanted if side != 1]
    fits = fits and given.dtype.kind in ("biu" if discrete else "biuf")
    if fits and discrete:
        fits = bool(((given >= 0) & (given < space.n)).all())
    elif fits:
        fits = bool(np.isfinite(given).all())
    if not fits:
        what = f"a whole number from 0 to {space.n - 1}" if discrete else "two finite numbers"
        each = "" if num_envs == 1 else f" for each of {num_envs} worlds"
        raise ConfigError(f"action = {_shown(actions)}: must be {what}{each}")
    if discrete:
        encoded = np.zeros((num_envs, 2))
        encoded[:, 0] = given.reshape(num_envs)
        return encoded
    return np.ascontiguousarray(given.reshape(wanted), np.float64)


def _shown(actions: Any) -> str:
    """Return an action in few words."""
    text = " ".join(repr(actions).split())
    return text if len(text) <= 80 else f"{text[:76]} ..."
