"""One world as a `gymnasium.Env`."""

from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.envs.worlds import Worlds

RENDER_MODES = ("rgb_array",)


class SingleEnv(gym.Env[NDArray[np.float32], Any]):
    """Shows a batch of one world to Gymnasium.

    Args:
        worlds: The batch of one.
        render_mode: "rgb_array" or none.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": list(RENDER_MODES), "render_fps": 5}

    def __init__(self, worlds: Worlds, render_mode: str | None = None) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise ConfigError(f"render_mode: {render_mode!r} is not allowed; must be {RENDER_MODES[0]!r} or None")
        self.worlds = worlds
        self.render_mode = render_mode
        self.metadata = {
            "render_modes": list(RENDER_MODES), "render_fps": worlds.render_fps, "vehicles": worlds.vehicles,
            "dt": worlds.step_time, "substeps": worlds.substeps,
        }  # fmt: skip
        self.observation_space, self.action_space = worlds.observation_space, worlds.action_space
        self._seeded = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode: number 0 of a seed, else the next one."""
        self.worlds.require_open()
        super().reset(seed=seed)
        refuse_options(options)
        if seed is not None:
            self.worlds.seed(0, seed)
        elif not self._seeded:
            self.worlds.seed(0, int(self.np_random.integers(2**63 - 1)))
        self._seeded = True
        self.worlds.begin(0)
        return self.worlds.observation[0].copy(), self._info()

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Advance by one action, which may be a number, an array without axes or an array of one."""
        worlds = self.worlds
        worlds.step(action, autoreset=False)
        return (
            worlds.observation[0], float(worlds.reward[0]), bool(worlds.terminated[0]), bool(worlds.truncated[0]),
            self._info(),
        )  # fmt: skip

    def render(self) -> NDArray[np.uint8] | None:
        """Return a picture of the world from above, if `render_mode` asks for one."""
        self.worlds.require_begun("render()")
        return self.worlds.draw(0) if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """End the use of the environment; may be called twice."""
        self.worlds.closed = True

    def _info(self) -> dict[str, Any]:
        fields = self.worlds.info_fields
        return {name: kind(value) for (name, kind), value in zip(fields, self.worlds.info[0], strict=True)}


def refuse_options(options: dict[str, Any] | None) -> None:
    """Raise for reset options: the native environments have none.

    Raises:
        ConfigError: There is an option.
    """
    if options:
        raise ConfigError(f"options: {sorted(options)[0]!r} is not known; there are none")
