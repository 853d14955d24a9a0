"""Which setting is meant by a key that a configuration lacks."""

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
