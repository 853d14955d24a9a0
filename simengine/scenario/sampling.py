"""From a composed tree with distributions to a `ConcreteScenario` of numbers only, by seed.

Distribution nodes are replaced on the unresolved tree, keyed by their key path, and references are resolved afterwards:
a parameter that refers to another takes the drawn value, so the two are correlated exactly.
"""

import hashlib
import json
import math
import numbers
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from simengine.core.errors import ConfigError, ScenarioError, suggest
from simengine.core.rng import generator
from simengine.core.text.bounded_files import MAX_MAP_BYTES, holds, home_path, read_bounded
from simengine.scenario.compose import compose, resolve, scenario_names
from simengine.scenario.migration import migrate, present_names, stream_path
from simengine.scenario.override_text import setting
from simengine.scenario.spec import SCHEMA_VERSION, ConcreteScenario
from simengine.scenario.wrong_values import SHOWN, all_problems, explain_validation
from simengine.scenario.yaml_files import MAX_CONCRETE_BYTES, parse_concrete, read_text

_ARITY = {"uniform": 2, "integers": 2, "normal": 2, "truncated_normal": 4, "log_uniform": 2, "choice": None}
_ALLOWED = (
    "{uniform: [low, high]}, {integers: [low, high]}, {normal: [mean, std]}, "
    "{truncated_normal: [mean, std, low, high]}, {log_uniform: [low, high]}, {choice: [values]}"
)


_LARGEST = 1e15  # of a distribution's arguments: beyond it whole numbers are not exact, sums no longer finite
_RUN = ("episodes", "seed", "workers", "output")  # keys of `conf/config.yaml` that are no part of a scenario


def _is_distribution(node: Any) -> bool:
    return isinstance(node, dict) and len(node) == 1 and next(iter(node)) in _ARITY


def _is_finite(value: Any) -> bool:
    """Say whether a value is a finite number; whole numbers may be larger than any that `math` can test."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def _draw(path: str, kind: str, arguments: Any, random: np.random.Generator) -> Any:
    arity = _ARITY[kind]
    shown = f"{path} = {{{kind}: {str(arguments)[:SHOWN]}}}"
    if not isinstance(arguments, list) or not arguments or (arity is not None and len(arguments) != arity):
        raise ConfigError(f"{shown}: a distribution is one of {_ALLOWED}")
    if kind == "choice":
        if not all(isinstance(x, bool | int | float | str) for x in arguments):
            raise ConfigError(f"{shown}: its values must be numbers, texts, true or false; no lists, mappings or null")
        return arguments[int(random.integers(len(arguments)))]
    if not all(map(_is_finite, arguments)):
        raise ConfigError(f"{shown}: its arguments must be finite numbers")
    if kind in ("uniform", "log_uniform", "integers") and arguments[0] > arguments[1]:
        raise ConfigError(f"{shown}: low must not exceed high")
    if max(map(abs, arguments)) > _LARGEST:
        raise ConfigError(f"{shown}: its arguments must be within ±{_LARGEST:g}")
    if kind == "uniform":
        return float(random.uniform(arguments[0], arguments[1]))
    if kind == "integers":
        if any(x != int(x) for x in arguments):
            raise ConfigError(f"{shown}: its arguments must be whole numbers")
        return int(random.integers(int(arguments[0]), int(arguments[1]) + 1))
    if kind == "log_uniform":
        if arguments[0] <= 0:
            raise ConfigError(f"{shown}: low must be above 0")
        low, high = math.log(arguments[0]), math.log(arguments[1])
        return min(max(math.exp(low + (high - low) * float(random.random())), arguments[0]), arguments[1])
    mean, std = arguments[:2]
    if std < 0:
        raise ConfigError(f"{shown}: the standard deviation must not be negative")
    if kind == "normal":
        return float(random.normal(mean, std))
    low, high = arguments[2:]
    if not low <= mean <= high:
        raise ConfigError(f"{shown}: the mean must lie between low and high")
    for _ in range(1000):
        value = float(random.normal(mean, std))
        if low <= value <= high:
            return value
    raise ConfigError(f"{shown}: the interval holds too little of the distribution to draw from")


def draw_parameters(tree: dict[str, Any], seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Replace every distribution of a tree by a drawn value.

    Returns:
        The tree with values, and the drawn values by key path.

    Raises:
        ConfigError: A distribution is malformed; the message tells every one that is.
    """
    drawn: dict[str, Any] = {}
    problems: list[str] = []

    def visit(node: Any, path: str) -> Any:
        if _is_distribution(node):
            kind, arguments = next(iter(node.items()))
            try:
                drawn[path] = _draw(path, kind, arguments, generator(seed, "parameter", stream_path(path)))
            except ConfigError as error:
                problems.append(str(error))
            return drawn.get(path)
        if isinstance(node, dict):
            return {key: visit(value, f"{path}.{key}" if path else str(key)) for key, value in node.items()}
        if isinstance(node, list):
            return [visit(value, f"{path}[{index}]") for index, value in enumerate(node)]
        return node

    values = visit(tree, "")
    if problems:
        raise all_problems(problems)
    return values, drawn


def _file_hash(path: str, key: str) -> str:
    try:
        return hashlib.sha256(read_bounded(home_path(path), MAX_MAP_BYTES)).hexdigest()
    except ScenarioError as error:
        raise ScenarioError(f"{key} = {error}") from None
    except OSError as error:
        raise ScenarioError(f"{key} = {path}: {(error.strerror or str(error)).lower()}") from None


def concretize(tree: dict[str, Any], seed: int) -> ConcreteScenario:
    """Draw, resolve and type a composed tree.

    Args:
        tree: Nested dicts as `compose` returns them; the settings of the run are left aside.
        seed: Of the draws and of everything random in the episode.

    Raises:
        ConfigError: A value of the wrong type or out of range, an unknown or missing key, a malformed distribution.
        ScenarioError: An input file that cannot be read.
    """
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or seed < 0:
        raise ConfigError(f"seed = {seed!r}: must be a whole number from 0 on")
    seed = int(seed)
    groups = [
        name for name in ConcreteScenario.model_fields if name not in ("schema_version", "seed", "sampled", "inputs")
    ]
    allowed = [*groups, *_RUN]
    unknown = [f"{key}: no setting of that name{suggest(key, allowed)}" for key in tree if key not in allowed]
    tree = present_names(tree)
    values, drawn = draw_parameters({name: value for name, value in tree.items() if name in groups}, seed)
    try:
        concrete = resolve(values)
    except ConfigError as error:  # what a misspelled key leaves behind
        raise all_problems([*unknown, str(error)]) from None
    inputs: dict[str, str] = {}
    road = concrete.get("road")
    if isinstance(road, dict) and isinstance(road.get("file"), str):
        if not road["file"]:
            raise ConfigError(f"road.file: road={road.get('kind')} needs a file, as in road.file=PATH")
        inputs[road["file"]] = _file_hash(road["file"], "road.file")
    whole = {"schema_version": SCHEMA_VERSION, "seed": seed, "sampled": drawn, "inputs": inputs, **concrete}
    try:
        scenario = ConcreteScenario.model_validate(whole)
    except ValidationError as error:
        raise all_problems([*unknown, str(explain_validation(error, whole, ConcreteScenario))]) from None
    if unknown:
        raise all_problems(unknown)
    return scenario


def load_scenario(name: str, overrides: list[str] | tuple[str, ...] = (), seed: int = 0) -> ConcreteScenario:
    """Load a scenario of the library, or a concrete scenario from a YAML file, with overrides and a seed.

    Args:
        name: `folder/name` in scenarios/ or on the search path, or the path of a file written by `to_yaml`.
        overrides: In Hydra's grammar, as on the command line: `"weather=fog"`, `"scenario.duration=20"`.
        seed: Draws every distribution and everything random in the episode.

    Raises:
        ConfigError: An unknown name, key or option, a value out of range.
        ScenarioError: An input file that cannot be read.
    """
    if name.endswith((".yaml", ".yml")) and holds(Path.exists, path := home_path(name)):
        if overrides:
            raise ConfigError(f"{name} is a concrete scenario, which takes no overrides")
        return read_concrete(path)
    names = scenario_names(overrides)
    if name not in names:
        raise ConfigError(f"scenario={name}: no such option{suggest(name, names)}")
    return concretize(compose("config", (setting("scenario", name), *overrides)), seed)


def to_yaml(scenario: ConcreteScenario) -> str:
    """Write a concrete scenario as YAML that `from_yaml` reads back to an equal one."""
    import yaml

    return yaml.safe_dump(scenario.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def from_yaml(text: str) -> ConcreteScenario:
    """Read a concrete scenario.

    Raises:
        ConfigError: Not YAML, or not a concrete scenario of this schema version or an older one.
    """
    return _validate(parse_concrete(text))


def _validate(tree: dict[str, Any]) -> ConcreteScenario:
    tree = migrate(tree)
    try:
        return ConcreteScenario.model_validate(tree)
    except ValidationError as error:
        raise explain_validation(error, tree, ConcreteScenario) from None


def read_concrete(path: Path) -> ConcreteScenario:
    """Read a concrete scenario's file.

    Raises:
        ConfigError: It cannot be read, or is not a concrete scenario; the message names it.
    """
    tree = parse_concrete(read_text(path, MAX_CONCRETE_BYTES), str(path))
    try:
        return _validate(tree)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def content_hash(scenario: ConcreteScenario) -> str:
    """Return the SHA-256 of what the scenario says; which values were drawn and where input files lay do not enter."""
    content = scenario.model_dump(mode="json", exclude={"sampled", "inputs"})
    if "file" in content["road"]:
        content["road"]["file"] = scenario.inputs[scenario.road.file]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
