"""What is wrong in the defaults lists of files, or between files laid over each other: one line, with the file.

Hydra tells it without the file, or with its name within a search path, and lists all folders that it looked in.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from simengine.core.errors import ConfigError, nearest
from simengine.scenario.yaml_files import compose_node, read_text

_WITHIN = re.compile(r"In '(?P<name>[^']+)': (?P<rest>.*)")
_TWICE = re.compile(r"Duplicate _self_ defined in (?P<name>\S+)")
_ABSENT = re.compile(r"Could not (?:load|find) '(?P<group>[^']*?)/?(?P<option>[^/']*)'")
_MANY = re.compile(r"Multiple values for (?P<group>\S+?)\. To override a value use '(?P<use>.*)'")
_NONE = re.compile(r"You must specify '(?P<group>[^']*)'")
_NOISE = re.compile(r"\w+ raised while composing config: | full_key:.*")
_UNMET = re.compile(r"Could not override '(?P<group>[^']*)'\. No match in the defaults list")


def explain_defaults(said: str, files: Sequence[Path], options: Callable[[str], list[str]]) -> str:
    """Return what Hydra says of files, with the file's path and what is allowed.

    Args:
        said: Hydra's message, in one line.
        files: That users wrote and the configuration was read from.
        options: Returns the options of a group.
    """
    within = _WITHIN.match(said) or _TWICE.match(said)
    places = [path for path in files if within is None or path.as_posix().endswith(f"/{_base(within['name'])}.yaml")]
    # What a user's file overrides is told of the package's own file that chose it first.
    place = ", ".join(map(str, places or files))
    rest = within.groupdict().get("rest", said) if within else said
    if not place:
        return said.partition(" Config search path:")[0]
    absent, many, none, unmet = (one.match(rest) for one in (_ABSENT, _MANY, _NONE, _UNMET))
    if absent:
        group, option = absent["group"], absent["option"]
        known = options(group)
        what = f"{group}/{option}, which is no option" if group else f"{option}, which is no file"
        allowed = f"; allowed: {', '.join(known)}" if known else ""
        return f"{place}: defaults name {what}{nearest(option, known)}{allowed}"
    if many:
        return f"{place}: {many['group']} is chosen already; an entry of defaults that replaces it is `{many['use']}`"
    if none:
        return f"{place}: no option of {none['group']} is chosen; allowed: {', '.join(options(none['group']))}"
    if unmet:
        return f"{place}: defaults override {unmet['group']}, of which nothing is chosen; is the group's name right?"
    if _TWICE.match(said):
        return f"{place}: defaults hold _self_ twice; give it once"
    laid_over = within or "raised while composing" in said
    return f"{place}: {_NOISE.sub('', rest)}" if laid_over else said


def _base(name: str) -> str:
    """Return the last part of a name: a folder that holds scenarios right away is the group `scenarios` to Hydra."""
    return name.rpartition("/")[2]


def refuse_other_shapes(files: Sequence[Path], tree: Any) -> None:
    """Refuse a file with a list where the settings that it changes have a mapping, or the other way round.

    Args:
        files: With `# @package _global_`.
        tree: What is there without them.

    Raises:
        ConfigError: With line and column.
    """
    for path in files:
        waiting: list[tuple[yaml.Node, Any, str]] = [(compose_node(read_text(path), str(path)), tree, "")]
        while waiting:
            node, known, key = waiting.pop()
            other = isinstance(node, yaml.SequenceNode) and isinstance(known, dict)
            if other or isinstance(node, yaml.MappingNode) and isinstance(known, list):
                must = "a mapping, `key: value` lines" if other else "a list, as in [a, b]"
                mark = node.start_mark
                raise ConfigError(f"{path}, line {mark.line + 1}, column {mark.column + 1}: {key} must be {must}")
            if isinstance(node, yaml.MappingNode) and isinstance(known, dict):
                for name, value in node.value:
                    if name.value in known:
                        waiting.append((value, known[name.value], f"{key}.{name.value}" if key else name.value))
