"""Which setting is meant by a key that a configuration lacks, and which reference has no value."""

import re
from typing import Any

from simengine.core.errors import ConfigError, nearest


def _flat_keys(tree: Any, prefix: str = "") -> list[str]:
    if not isinstance(tree, dict):
        return []
    keys = []
    for key, value in tree.items():
        keys.append(f"{prefix}{key}")
        keys += _flat_keys(value, f"{prefix}{key}.")
    return keys


def value_at(tree: Any, key: str) -> Any:
    """Return what a tree holds at a key path, or None."""
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def explain_key(key: str, tree: dict[str, Any]) -> ConfigError:
    """Say which setting is meant by a key that a tree lacks, and what is allowed where it lacks it."""
    keys = [name for name in _flat_keys(tree) if not name.startswith("hydra")]
    above, last = key.rpartition(".")[0], key
    while above and above not in keys:  # tell the first part that is wrong, not the last
        above, last = above.rpartition(".")[0], above
    siblings = [name for name in keys if name.rpartition(".")[0] == above]
    hint = nearest(last, siblings or keys) or nearest(key, keys)
    shown = [name for name in siblings if above or name != "scenarios"]
    allowed = f"; allowed there: {', '.join(shown)}" if shown else ""
    return ConfigError(f"{key}: no setting of that name{hint}{allowed}")


def explain_reference(error: Exception) -> str:
    """Say which reference has no value, and why, of what OmegaConf raised."""
    key = str(getattr(error, "full_key", "") or "")
    message = str(getattr(error, "msg", "") or error).split("\n")[0]
    where = f"{key}: " if key else ""
    missing = re.search(r"Interpolation key '(.*)' not found", message)
    if missing:
        group = missing[1].partition(".")[0]
        return f"{where}refers to {missing[1]}, which is no setting here (with another {group} it may be one)"
    if isinstance(error, RecursionError):
        return f"{where}references lead round in a circle, or through too many others"
    kinds = "TypeError|ZeroDivisionError|OverflowError|ValueError"
    computed = re.search(rf"(?:{kinds}) raised while resolving interpolation: (.*)", message)
    if computed:
        return f"{where}cannot be computed: {computed[1]}"
    return f"{where}a reference cannot be resolved: {message}"
