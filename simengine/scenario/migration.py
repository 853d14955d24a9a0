"""Concrete scenarios of earlier schema versions, brought up to the present one: the one place that knows old names.

Version 2 spells its names the American way: `traveled`, `fail_tire`, `cargo_tire`. What is drawn keeps the random
streams of version 1: a parameter that was renamed is drawn from the stream of the key path that it had then, so that a
seed means what it always meant. Version 1 had no `traffic.driver_kinds`: what is usual for drivers of each kind of
vehicle stood in the code.
"""

import re
from collections.abc import Mapping
from typing import Any

from simengine.scenario.spec import SCHEMA_VERSION

_KEYS_OF_1 = {"travelled": "traveled"}  # of a goal and of what an event waits for: then, and now
_VALUES_OF_1 = {"fail_tyre": "fail_tire", "cargo_tyre": "cargo_tire"}  # of an action's kind and an actor's model
_PLACES = re.compile(r"(?P<parent>scenario\.(?:goal|events\.[^.]+\.when)\.)(?P<key>\w+)")
_NAMES = (
    "max_acceleration", "comfortable_deceleration", "lateral_comfort", "desired_speed", "time_gap", "min_gap",
    "cruising_speed",
)  # fmt: skip
# As version 1 drove: this does not change with the presets of the present version.
_KINDS_OF_1 = {
    "car": (1.8, 2.0, 2.2, 1.0, 1.0, 2.0, None),
    "truck": (0.9, 1.7, 1.4, 0.92, 1.25, 2.5, None),
    "bus": (0.9, 1.7, 1.4, 0.92, 1.25, 2.5, None),
    "motorcycle": (2.3, 2.3, 2.6, 1.0, 1.0, 2.0, None),
    "bicycle": (0.8, 1.6, 1.6, 1.0, 1.0, 1.5, 5.0),
}


def stream_path(path: str) -> str:
    """Return the key path that names the random stream of a parameter: the one that version 1 gave it.

    Args:
        path: Of the present version, as `scenario.goal.traveled`.
    """
    return _renamed(path, {new: old for old, new in _KEYS_OF_1.items()})


def present_names(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a composed tree whose scenario may have been written with the names of version 1, with the present ones.

    Scenarios that users wrote have no version: what was right when they were written is taken.

    Args:
        tree: Nested dicts, of any content.
    """
    scenario = tree.get("scenario")
    return {**tree, "scenario": _scenario_of_1(scenario)} if isinstance(scenario, Mapping) else tree


def migrate(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a concrete scenario as the present version would have written it.

    Args:
        tree: Nested dicts as they were read; of any version, or none at all, which is left for the models to refuse.
    """
    version = tree.get("schema_version")
    if isinstance(version, bool) or version != 1:
        return tree
    changed = present_names({**tree, "schema_version": SCHEMA_VERSION})
    if isinstance(traffic := tree.get("traffic"), Mapping):
        kinds = {kind: dict(zip(_NAMES, row, strict=True)) for kind, row in _KINDS_OF_1.items()}
        changed["traffic"] = {"driver_kinds": kinds, **traffic}
    if isinstance(sampled := tree.get("sampled"), Mapping):
        changed["sampled"] = {_renamed(str(path), _KEYS_OF_1): _present_value(value) for path, value in sampled.items()}
    return changed


def _renamed(path: str, names: Mapping[str, str]) -> str:
    """Return a key path whose last key has another name, if it is one of those that were renamed."""
    place = _PLACES.fullmatch(path)
    return f"{place['parent']}{names.get(place['key'], place['key'])}" if place else path


def _present_value(value: Any) -> Any:
    return _VALUES_OF_1.get(value, value) if isinstance(value, str) else value


def _scenario_of_1(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Rename what a scenario of version 1 says: keys of its goal and of what its events wait for, actions, models."""
    changed = dict(scenario)
    if isinstance(goal := scenario.get("goal"), Mapping):
        changed["goal"] = _present_keys(goal)
    if isinstance(events := scenario.get("events"), Mapping):
        changed["events"] = {name: _event_of_1(event) for name, event in events.items()}
    if isinstance(actors := scenario.get("actors"), Mapping):
        changed["actors"] = {name: _present_values(actor, "model") for name, actor in actors.items()}
    return changed


def _event_of_1(event: Any) -> Any:
    if not isinstance(event, Mapping):
        return event
    changed = dict(event)
    if isinstance(when := event.get("when"), Mapping):
        changed["when"] = _present_keys(when)
    if "do" in event:
        changed["do"] = _present_values(event["do"], "kind")
    return changed


def _present_keys(node: Mapping[str, Any]) -> dict[str, Any]:
    return {_KEYS_OF_1.get(key, key) if isinstance(key, str) else key: value for key, value in node.items()}


def _present_values(node: Any, key: str) -> Any:
    return {**node, key: _present_value(node[key])} if isinstance(node, Mapping) and key in node else node
