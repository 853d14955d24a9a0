"""Which setting is meant by a key that a configuration lacks, and which reference has no value."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simengine.core.errors import ConfigError, nearest, suggest
from simengine.scenario.override_text import as_typed


def _flat_keys(tree: Any, prefix: str = "") -> list[str]:
    if not isinstance(tree, dict):
        return []
    keys = []
    for key, value in tree.items():
        keys.append(f"{prefix}{key}")
        keys += _flat_keys(value, f"{prefix}{key}.")
    return keys


def value_at(tree: Any, key: str) -> Any:
    """Return what a tree holds at a key path, or None; an empty path is the tree's own."""
    for part in key.split(".") if key else ():
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


def _options_with(key: str, root: Path) -> list[str]:
    """Return the options of a key's group that have a setting of its name, as road=opendrive has road.file."""
    group, _, name = key.partition(".")
    if not re.fullmatch(r"\w+", group) or not re.fullmatch(r"\w+", name):
        return []
    found = sorted((root / "conf" / group).glob("*.yaml"))
    return [f"{group}={path.stem}" for path in found if re.search(rf"^{name}:", path.read_text("utf-8"), re.M)]


def explain_key(key: str, tree: dict[str, Any], root: Path) -> ConfigError:
    """Say which setting is meant by a key that a tree lacks, and what is allowed where it lacks it.

    Args:
        key: Its path.
        tree: Nested dicts as composed.
        root: Of conf/ and scenarios/.
    """
    keys = [name for name in _flat_keys(tree) if not name.startswith("hydra")]
    above, last = key.rpartition(".")[0], key
    while above and above not in keys:  # tell the first part that is wrong, not the last
        above, last = above.rpartition(".")[0], above
    siblings = [name for name in keys if name.rpartition(".")[0] == above]
    elsewhere = _options_with(last, root)
    hint = f" ({' and '.join(elsewhere)} {'has' if len(elsewhere) == 1 else 'have'} it)" if elsewhere else ""
    hint = hint or _meant(last, siblings, keys) or nearest(last, siblings or keys) or nearest(key, keys)
    shown = [name for name in siblings if above or name != "scenarios"]
    allowed = f"; allowed there: {', '.join(shown)}" if shown else ""
    return ConfigError(f"{as_typed(key)}: no setting of that name{hint}{allowed}")


def explain_settings(overrides: Sequence[Any], groups: dict[str, list[str]], top: set[str]) -> str:
    """Say which override names an option or a setting that is not there; empty if none does.

    Args:
        overrides: As Hydra parsed them.
        groups: The options of each group.
        top: Keys and groups that a configuration begins with.
    """
    for override in overrides:
        key, typed = override.key_or_group, as_typed(override.input_line or "")
        shown = "scenario" if key == "scenarios" else key
        if groups.get(key) and not override.is_delete():
            value = override.value()
            if str(value) not in groups[key]:
                return f"{shown}={value}: no such option{suggest(str(value), groups[key])}"
            if override.is_add() or override.is_force_add():
                return f"{typed}: a {shown} is chosen already; write {shown}={value} to choose another"
        elif not (override.is_delete() or override.is_add() or key.startswith("hydra") or key.split(".")[0] in top):
            return f'{typed}: no setting is called "{as_typed(shown)}"{suggest(shown, sorted(top))}'
    return ""


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
