"""Train a policy by proximal policy optimization, and measure it on episodes it has not seen."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import gymnasium as gym
import numpy as np
import torch
from annotated_types import Ge, Gt, Le, MinLen
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import ActorCriticPolicy

from simengine.core.errors import ConfigError
from simengine.core.text.printable_text import write_csv
from simengine.learning.checkpoint import load_checkpoint, save_checkpoint
from simengine.learning.curve import draw_curve
from simengine.learning.environment import environment_of
from simengine.learning.sb3_adapter import VectorEnvAdapter
from simengine.scenario.spec import Spec
from simengine.simulation.files.whole_files import complete_or_absent

EVALUATION_SEED = 1 << 40  # of the first unseen episode: far from any seed of training


class PpoSpec(Spec):
    """The settings of `conf/agent/ppo.yaml`; what they mean is there."""

    algorithm: Literal["ppo"]
    steps: Annotated[int, Ge(1), Le(10**12)]
    num_envs: Annotated[int, Ge(1), Le(65_536)]
    rollout: Annotated[int, Ge(2), Le(65_536)]
    batch: Annotated[int, Ge(2), Le(10**7)]
    epochs: Annotated[int, Ge(1), Le(1_000)]
    learning_rate: Annotated[float, Gt(0.0), Le(1.0)]
    discount: Annotated[float, Gt(0.0), Le(1.0)]
    gae_lambda: Annotated[float, Ge(0.0), Le(1.0)]
    clip: Annotated[float, Gt(0.0), Le(1.0)]
    entropy_weight: Annotated[float, Ge(0.0), Le(1.0)]
    hidden: Annotated[list[Annotated[int, Ge(1), Le(8_192)]], MinLen(1)]


class Progress(NamedTuple):
    """How training stands after a rollout; means over the episodes that ended in it."""

    steps: int
    total: int
    seconds: float
    episodes: int
    episode_return: float
    length: float
    collision_free: float  # share
    speed: float  # of the ego at the end of the episodes [m/s]


class Metrics(NamedTuple):
    """What a driver did over episodes of given seeds."""

    episodes: int
    collision_free: float  # share of the episodes
    off_road_free: float  # share of the episodes
    success: float | None  # share of the episodes, where the environment has a goal
    mean_speed: float  # over all steps of all episodes [m/s]
    episode_return: float
    length: float  # mean [steps]


def train(
    env_id: str, env_settings: dict[str, Any], agent: PpoSpec, output: Path, seed: int,
    report: Callable[[Progress], None],
) -> Path:  # fmt: skip
    """Train a policy and write checkpoint, learning curve and table.

    Args:
        env_id: Registered id of an environment with a native vector version.
        env_settings: Keywords of the environment.
        agent: How to learn.
        output: Folder for `policy.zip`, `curve.csv` and `curve.png`.
        seed: Of the worlds, the weights and the exploration.
        report: Called after every rollout.

    Returns:
        The checkpoint's path.
    """
    output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # small layers gain nothing from more, and sums would depend on how many there are
    envs = VectorEnvAdapter(gym.make_vec(env_id, num_envs=agent.num_envs, **env_settings), seed)
    total = agent.rollout * agent.num_envs
    model = PPO(
        "MlpPolicy", envs, learning_rate=lambda left: agent.learning_rate * left, n_steps=agent.rollout,
        batch_size=min(agent.batch, total), n_epochs=agent.epochs, gamma=agent.discount, gae_lambda=agent.gae_lambda,
        clip_range=agent.clip, ent_coef=agent.entropy_weight, policy_kwargs={"net_arch": list(agent.hidden)},
        seed=seed, device="cpu", verbose=0,
    )  # fmt: skip
    rows: list[Progress] = []

    def keep(row: Progress) -> None:
        rows.append(row)
        report(row)

    try:
        model.learn(agent.steps, callback=_Reporter(agent.steps, keep))
    finally:
        envs.close()
    path = output / "policy.zip"
    save_checkpoint(
        path, model.policy.state_dict(), {"env": env_id, "env_settings": env_settings, "hidden": list(agent.hidden)}
    )
    with complete_or_absent(output / "curve.csv") as hidden:
        write_csv(hidden, [Progress._fields, *rows])
    with complete_or_absent(output / "curve.png") as hidden:
        draw_curve(rows, f"{env_id}, PPO", hidden)
    return path


class _Reporter(BaseCallback):
    """Turns the episodes that ended in a rollout into a `Progress`."""

    def __init__(self, total: int, report: Callable[[Progress], None]) -> None:
        super().__init__()
        self._total, self._report, self._start = total, report, time.monotonic()

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        finished = self.training_env.finished

        def mean(name: str) -> float:
            values = [row[name] for row in finished if name in row]
            return float(np.mean(values)) if values else float("nan")

        self._report(
            Progress(
                steps=self.num_timesteps, total=self._total, seconds=time.monotonic() - self._start,
                episodes=len(finished), episode_return=mean("return"), length=mean("length"),
                collision_free=1.0 - mean("crashed"), speed=mean("speed"),
            )
        )  # fmt: skip
        finished.clear()


def load_policy(path: Path) -> tuple[ActorCriticPolicy, str, dict[str, Any]]:
    """Return a checkpoint's policy, the id of its environment and that one's settings.

    Raises:
        ConfigError: The checkpoint cannot be read or does not fit its environment.
    """
    weights, settings = load_checkpoint(path)
    env_settings, hidden = settings.get("env_settings"), settings.get("hidden")
    if not isinstance(env_settings, dict) or "env" not in settings or "id" in env_settings:
        raise ConfigError(f"agent = {path}: its settings are incomplete")
    try:
        env_id, env_settings = environment_of({"id": settings["env"], **env_settings}, "env")
        layers = _check_layers(hidden, weights)
        envs = gym.make_vec(env_id, num_envs=1, **env_settings)
    except (ConfigError, TypeError) as error:  # TypeError: a registered environment of somebody else's, of its keywords
        raise ConfigError(f"agent = {path}: {error}") from None
    policy = ActorCriticPolicy(
        envs.single_observation_space, envs.single_action_space, lambda left: 0.0, net_arch=layers
    )
    envs.close()
    expected = policy.state_dict()
    for name in sorted(expected.keys() | weights.keys(), key=str):
        _check_tensor(path, name, expected.get(name), weights.get(name))
    try:
        policy.load_state_dict(weights)
    except RuntimeError as error:
        raise ConfigError(f"agent = {path}: {str(error).splitlines()[0]}") from None
    policy.eval()
    return policy, env_id, env_settings


def _check_layers(hidden: Any, weights: dict[str, torch.Tensor]) -> list[int]:
    """Return the sizes of the hidden layers, which must be those of the weights: no more is built than was stored."""
    whole = isinstance(hidden, list) and all(isinstance(size, int) and not isinstance(size, bool) for size in hidden)
    number = len(hidden) if whole else 0
    stored = [weights.get(f"mlp_extractor.policy_net.{2 * layer}.weight") for layer in range(number)]
    if not stored or any(
        tensor is None or tensor.dim() != 2 or tensor.shape[0] != size
        for tensor, size in zip(stored, hidden, strict=True)
    ):
        raise ConfigError(f"hidden = {str(hidden)[:60]}: not the sizes of its layers")
    return list(hidden)


def _check_tensor(path: Path, name: Any, expected: torch.Tensor | None, found: torch.Tensor | None) -> None:
    if expected is None or found is None:
        lacking = "holds no" if found is None else "holds, and its environment's policy has not,"
        raise ConfigError(f"agent = {path}: {lacking} weights {str(name)[:80]}")
    if found.shape != expected.shape or found.dtype != expected.dtype:
        shown = f"{tuple(found.shape)} of {found.dtype}, not {tuple(expected.shape)} of {expected.dtype}"
        raise ConfigError(f"agent = {path}: weights {name} are {shown}")
    if not bool(torch.isfinite(found).all()):
        raise ConfigError(f"agent = {path}: weights {name} are not finite numbers")


def evaluate(
    env_id: str, env_settings: dict[str, Any], episodes: int, policy: ActorCriticPolicy | None,
    seed: int = EVALUATION_SEED,
) -> Metrics:  # fmt: skip
    """Measure a driver on the first episode of `episodes` seeds.

    Args:
        env_id: Registered id.
        env_settings: Keywords of the environment.
        episodes: How many; they run side by side.
        policy: Which drives by its most likely action; none for the environment's built-in driver.
        seed: Of the first episode.
    """
    settings = dict(env_settings) if policy is not None else {**env_settings, "driver": "built_in"}
    envs = gym.make_vec(env_id, num_envs=episodes, **settings)
    observation, _ = envs.reset(seed=seed)
    idle = np.stack([_neutral(envs.single_action_space)] * episodes)
    running = np.ones(episodes, np.bool_)
    total, length, speed = np.zeros(episodes), np.zeros(episodes, np.int64), 0.0
    last: dict[str, NDArray[Any]] = {}
    while running.any():
        actions = idle if policy is None else policy.predict(observation, deterministic=True)[0]
        observation, reward, terminated, truncated, info = envs.step(actions)
        ended = terminated | truncated
        final = info.get("final_info", {})
        speeds = np.where(ended, final["speed"], info["speed"]) if final else info["speed"]
        speed += float(speeds[running].sum())
        total[running] += reward[running]
        length[running] += 1
        for name in ("crashed", "off_road", "success"):
            if name in final:
                last.setdefault(name, np.zeros(episodes, np.bool_))
                just = running & ended
                last[name][just] = final[name][just]
        running &= ~ended
    envs.close()
    never = np.zeros(episodes, np.bool_)
    return Metrics(
        episodes=episodes,
        collision_free=1.0 - float(last.get("crashed", never).mean()),
        off_road_free=1.0 - float(last.get("off_road", never).mean()),
        success=float(last["success"].mean()) if "success" in last else None,
        mean_speed=speed / float(length.sum()),
        episode_return=float(total.mean()),
        length=float(length.mean()),
    )


def _neutral(space: gym.Space[Any]) -> NDArray[Any]:
    """Return an action of the space, for a driver that ignores it."""
    if isinstance(space, gym.spaces.Discrete):
        return np.array(0, np.int64)
    return np.zeros(space.shape, space.dtype)
