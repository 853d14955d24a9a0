"""What `simengine train` and `simengine evaluate` do."""

import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from simengine.core.errors import ConfigError
from simengine.core.text.bounded_files import holds, home_path
from simengine.core.text.printable_text import say
from simengine.core.text.wording import counted
from simengine.learning.environment import environment_of
from simengine.scenario.compose import compose, hydra_settings, resolve
from simengine.scenario.override_text import is_searchpath, key_of, unquote
from simengine.scenario.overrides import parse_overrides
from simengine.scenario.wrong_values import explain_validation, shown_value
from simengine.simulation.dataset.output_folder import claimed

_MOST_EPISODES = 1_000_000


def _settings(overrides: list[str]) -> dict[str, Any]:
    return resolve(compose("train", tuple(overrides)))


def _whole_number(value: Any, key: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(f"{key} = {shown_value(value)}: must be a whole number from {low} to {high}")
    return value


def _ppo() -> ModuleType:
    """Load what learns; torch is loaded only once the settings are known to be right."""
    try:
        from simengine.learning import ppo
    except ImportError as error:
        if error.name not in ("torch", "stable_baselines3", "matplotlib"):
            raise
        raise ImportError('learning needs torch and Stable-Baselines3: pip install "simengine[learn]"') from None
    return ppo


def train(overrides: list[str]) -> int:
    """Train a driver; returns the exit code.

    Raises:
        ConfigError: A wrong setting, or a folder that cannot be written.
    """
    settings = _settings(overrides)
    env_id, keywords = environment_of(settings.get("env"), "env")
    ppo = _ppo()

    try:
        agent = ppo.PpoSpec.model_validate(settings.get("agent"))
    except ValueError as error:
        raise explain_validation(error, settings.get("agent"), ppo.PpoSpec, "agent") from None
    seed = _whole_number(settings.get("seed"), "seed", 0, 2**31 - 1)
    folder = settings.get("output")
    if folder is None:
        plain = tuple(text for text in overrides if key_of(text).startswith("hydra."))
        folder = hydra_settings("train", plain)["run_dir"]
    output = home_path(str(folder))
    start = time.monotonic()

    def report(row: Any) -> None:
        done = min(1.0, row.steps / row.total)  # the last roll-out may go past the end
        left = (1.0 - done) * row.seconds / max(done, 1e-9)
        say(
            f"{done:6.1%}  {row.steps / max(row.seconds, 1e-9) / 1000.0:6.1f} k steps/s  "
            f"return {row.episode_return:7.2f}  collision-free {row.collision_free:6.1%}  {left:4.0f} s left",
            sys.stderr,
            flush=True,
        )

    with claimed(output):
        checkpoint = ppo.train(env_id, keywords, agent, output, seed, report)
    say(f"trained for {time.monotonic() - start:.0f} s\n  {checkpoint}\n  {output / 'curve.png'}")
    say(f"measure it with: simengine evaluate env={_option(overrides)} agent={checkpoint} episodes=500")
    return 0


def _option(overrides: list[str]) -> str:
    """Return which environment option was chosen."""
    chosen = [text.partition("=")[2] for text in overrides if key_of(text) == "env"]
    return chosen[-1] if chosen else "highway"


def evaluate(overrides: list[str]) -> int:
    """Measure a trained driver beside the built-in one on the same unseen episodes; returns the exit code.

    Raises:
        ConfigError: A wrong setting, or a checkpoint that cannot be read.
    """
    parse_overrides([text for text in overrides if key_of(text) != "agent"])
    given = {key_of(text): text.partition("=")[2] for text in overrides if "=" in text}
    if not given.get("agent"):
        raise ConfigError("agent: name the checkpoint, as in agent=outputs/train/…/policy.zip")
    path = home_path(unquote(given["agent"]))
    if not holds(Path.exists, path):
        raise ConfigError(f"agent = {path}: no such file or folder")
    text = given.get("episodes", "500")
    whole = text.removeprefix("-").isdecimal() and len(text) <= 20
    episodes = _whole_number(int(text) if whole else text, "episodes", 1, _MOST_EPISODES)
    rest = [item for item in overrides if key_of(item) not in ("agent", "episodes")]
    for item in rest:
        if key_of(item).partition(".")[0] != "env" and not is_searchpath(item):
            raise ConfigError(f"{item}: no such setting; evaluate takes agent, episodes, env, env.…, hydra.searchpath")
    ppo = _ppo()
    policy, env_id, keywords = ppo.load_policy(path)
    if any(not is_searchpath(item) for item in rest):
        asked, changed = environment_of(_settings(rest).get("env"), "env")
        if asked != env_id:
            raise ConfigError(f"agent = {path}: was trained in {env_id}, not in {asked}")
        keywords = changed
    mine = ppo.evaluate(env_id, keywords, episodes, policy)
    built_in = ppo.evaluate(env_id, keywords, episodes, None)
    say(f"{env_id}, {counted(episodes, 'episode')} with seeds that training never saw")
    say(f"{'':16}{'collision-free':>16}{'on the road':>14}{'success':>10}{'mean speed':>13}{'return':>10}")
    for name, found in (("agent", mine), ("built-in driver", built_in)):
        success = "" if found.success is None else f"{found.success:.1%}"
        say(
            f"{name:16}{found.collision_free:16.1%}{found.off_road_free:14.1%}{success:>10}"
            f"{found.mean_speed:9.2f} m/s{found.episode_return:10.2f}"
        )
    return 0
