"""Which setting is meant by a key that a configuration lacks, and which reference has no value."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
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


def _meant(key: str, siblings: Sequence[str], keys: Sequence[str]) -> str:
    """Return a hint at the setting beside it that is called nearly so, or at one elsewhere that is called so."""
    name = key.rpartition(".")[2]
    beside = {other.rpartition(".")[2]: other for other in siblings}
    close = difflib.get_close_matches(name, list(beside), n=1, cutoff=0.7)
    if close:
        return f' (did you mean "{beside[close[0]]}"?)'
    elsewhere = sorted((other for other in keys if other.rpartition(".")[2] == name), key=len)
    if not elsewhere:
        return ""
    if "." not in elsewhere[0]:
        return f" ({name} is a group of its own: {name}=OPTION chooses one, {name}.KEY=VALUE sets a value of it)"
    return f' (did you mean "{elsewhere[0]}"?)'


def explain_key(key: str, tree: dict[str, Any]) -> ConfigError:
    """Say which setting is meant by a key that a tree lacks, and what is allowed where it lacks it."""
    keys = [name for name in _flat_keys(tree) if not name.startswith("hydra")]
    above, last = key.rpartition(".")[0], key
    while above and above not in keys:  # tell the first part that is wrong, not the last
        above, last = above.rpartition(".")[0], above
    siblings = [name for name in keys if name.rpartition(".")[0] == above]
    hint = _meant(last, siblings, keys) or nearest(last, siblings or keys) or nearest(key, keys)
    shown = [name for name in siblings if above or name != "scenarios"]
    allowed = f"; allowed there: {', '.join(shown)}" if shown else ""
    return ConfigError(f"{key}: no setting of that name{hint}{allowed}")


def explain_word(word: str, root: Path) -> str:
    """Say which setting a word without a value may mean: a scenario, an option of a group, or a key.

    Args:
        word: As typed.
        root: Of conf/ and scenarios/.
    """
    if (root / "scenarios" / f"{word}.yaml").is_file():
        return f"; a scenario is chosen by scenario={word}"
    groups = sorted(path.name for path in (root / "conf").iterdir() if path.is_dir())
    group = next((group for group in groups if (root / "conf" / group / f"{word}.yaml").is_file()), "")
    return f"; write {group}={word}" if group else f"; it has no value, write {word}=VALUE"


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
