"""References in a configuration: which functions they may call, and those to whole mappings.

Of a reference to a mapping (`+sensors.lidar_left=${sensors.lidar_top}`) values can be overridden one by one. Such a
node is one text until references are resolved, so nothing below it could be overridden. Along an override's key path it
is replaced by a mapping of references to the single values: what is overridden is the node's own from then on,
everything else still follows the original, drawn values included.
"""

import re
from collections.abc import Iterator
from typing import Any

from simengine.core.errors import ConfigError

_WHOLE = re.compile(r"\$\{\s*(\.*[A-Za-z_][\w.\-\[\]]*)\s*\}")  # the text is one reference and nothing else
_PART = re.compile(r"[^.\[\]]+")
_CALL = re.compile(r"\$\{\s*([A-Za-z_][\w.]*)\s*:")
_BUILT_NAME = re.compile(r"\$\{[^:{}]*\$\{")  # a reference within a reference's name could spell any function's
_DEEPEST = 32  # references to references; a longer chain leads round in a circle


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value} is no number")
    return value


# The only functions a scenario may call: none reads the environment, a file or code.
RESOLVERS = {
    "add": lambda a, b: _number(a) + _number(b),
    "mul": lambda a, b: _number(a) * _number(b),
    "div": lambda a, b: _number(a) / _number(b),
}


def _target(node: Any, above: list[str]) -> list[str] | None:
    """Return the key path that a node refers to, or None if it is no reference.

    Args:
        node: As composed, unresolved.
        above: Key path of the mapping it stands in.
    """
    found = _WHOLE.fullmatch(node) if isinstance(node, str) else None
    if found is None:
        return None
    name = found.group(1)
    parts = _PART.findall(name)
    dots = len(name) - len(name.lstrip("."))
    return parts if dots == 0 else [*above[: len(above) - dots + 1], *parts]


def _child(node: Any, part: str) -> Any:
    if isinstance(node, dict):
        return node.get(part)
    if isinstance(node, list) and part.isdecimal() and int(part) < len(node):
        return node[int(part)]
    return None


def _look_up(tree: dict[str, Any], path: list[str], depth: int = 0) -> Any:
    """Return the node at a key path, through whatever references lie on the way; None if there is none."""
    node: Any = tree
    for number, part in enumerate(path):
        node = _child(node, part)
        target = _target(node, path[:number])
        if target is not None:
            node = _look_up(tree, target, depth + 1) if depth < _DEEPEST else None
    return node


def expand_references(tree: dict[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    """Yield what has to stand at which key paths so that `key` can be overridden.

    Args:
        tree: Nested dicts as composed, unresolved.
        key: Key path of the override, "sensors.lidar_left.mount.position".

    Raises:
        ConfigError: A reference on the way names nothing.
    """
    path: list[str] = []
    node: Any = tree
    for part in key.split(".")[:-1]:
        node = _child(node, part)
        target = _target(node, path)
        path.append(part)
        if target is None:
            continue
        original, name = _look_up(tree, target), ".".join(target)
        if isinstance(original, dict):
            node = {child: f"${{{name}.{child}}}" for child in original}
        elif isinstance(original, list):
            node = [f"${{{name}.{index}}}" for index in range(len(original))]
        elif original is None:
            shown = f"{'.'.join(path)} = ${{{name}}}"
            raise ConfigError(f"{shown}: the reference names nothing, or leads round in a circle")
        else:
            return
        yield ".".join(path), node


def refuse_calls(node: Any, allowed: tuple[str, ...], path: str = "") -> None:
    """Refuse references that call a function which is not allowed, or whose name is put together from others.

    Args:
        node: As composed, unresolved.
        allowed: Names of functions.
        path: Key path of the node.

    Raises:
        ConfigError: Names the key path and the reference.
    """
    if isinstance(node, dict):
        for key, value in node.items():
            refuse_calls(value, allowed, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            refuse_calls(value, allowed, f"{path}[{index}]")
    elif isinstance(node, str):
        if _BUILT_NAME.search(node):
            raise ConfigError(f"{path} = {node}: the name in a reference must be written out")
        for name in _CALL.findall(node):
            if name not in allowed:
                raise ConfigError(f"{path} = {node}: a reference may only call {' or '.join(allowed)}")
