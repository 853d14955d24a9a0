"""References in a configuration: which functions they may call, and those to whole mappings.

Of a reference to a mapping (`+sensors.lidar_left=${sensors.lidar_top}`) values can be overridden one by one. Such a
node is one text until references are resolved, so nothing below it could be overridden. Along an override's key path it
is replaced by a mapping of references to the single values: what is overridden is the node's own from then on,
everything else still follows the original, drawn values included.
"""

import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from simengine.core.errors import ConfigError

_WHOLE = re.compile(r"\$\{\s*(\.*[A-Za-z_][\w.\-\[\]]*)\s*\}")  # one reference
_PART = re.compile(r"[^.\[\]]+")
_CALL = re.compile(r"\$\{\s*([A-Za-z_][\w.]*)\s*:")
_BEGIN = re.compile(r"\$\{")
_BUILT_NAME = re.compile(r"\$\{[^:{}]*\$\{")  # a reference within a reference's name could spell any function's
_DEEPEST = 32  # references to references; a longer chain leads round in a circle
_LONGEST = 1_000  # characters of a text with references
_MOST_CALLS = 16  # references in one text
_LARGEST = 1e100  # of what is computed: no setting is larger, and whole numbers would grow without a bound
MAX_RESOLVED = 100_000  # values of a configuration whose references are all resolved


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{str(value)[:60]} is no number")
    if not -_LARGEST <= value <= _LARGEST:
        raise TypeError(f"a number beyond ±{_LARGEST:g}; none may be")
    return value


def _of_two(name: str, compute: Callable[[float, float], float]) -> Callable[..., float]:
    """Return a function of two numbers that says so when it is given others."""

    def call(*values: Any) -> float:
        if len(values) != 2:
            raise TypeError(f"{name} takes two numbers, as in ${{{name}:1,2}}")
        return _number(compute(*map(_number, values)))

    return call


# The only functions a scenario may call: none reads the environment, a file or code.
RESOLVERS = {
    "add": _of_two("add", operator.add),
    "mul": _of_two("mul", operator.mul),
    "div": _of_two("div", operator.truediv),
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


def explain_call(text: str, allowed: tuple[str, ...]) -> str:
    """Say what is wrong with the references in a text; empty if nothing is.

    Args:
        text: As composed, unresolved.
        allowed: Names of the functions that references may call.
    """
    begins = [found.start() for found in _BEGIN.finditer(text)]
    if not begins:
        return ""
    shown = text if len(text) <= 120 else text[:120] + "…"
    if len(text) > _LONGEST or len(begins) > _MOST_CALLS:
        return f"{shown}: a text may hold {_MOST_CALLS} references and, with some, {_LONGEST} characters"
    if _BUILT_NAME.search(text):
        return f"{shown}: the name in a reference must be written out"
    for begin in begins:
        call = _CALL.match(text, begin)
        if call and call[1] not in allowed:
            return f"{shown}: a reference may only call {' or '.join(allowed)}"
        if not call and not _WHOLE.match(text, begin):
            return f"{shown}: a reference is written ${{group.setting}}, or calls {', '.join(allowed)}"
    return ""


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
        fault = explain_call(node, allowed)
        if fault:
            raise ConfigError(f"{path} = {fault}")


def refuse_explosion(tree: dict[str, Any]) -> None:
    """Refuse references of references that would unfold into more values than any scenario has.

    Twenty lines suffice for a million copies, each a mapping that names the next one twice.

    Args:
        tree: Nested dicts as composed, unresolved.

    Raises:
        ConfigError: They do, or lead round in a circle; the message names the key path.
    """
    known: dict[tuple[str, ...], int] = {}
    under_way: set[tuple[str, ...]] = set()

    def size(node: Any, path: tuple[str, ...]) -> int:
        if path in known:
            return known[path]
        if path in under_way:
            raise ConfigError(f"{'.'.join(path)}: its references lead round in a circle")
        under_way.add(path)
        if isinstance(node, dict):
            total = 1 + sum(size(value, (*path, str(key))) for key, value in node.items())
        elif isinstance(node, list):
            total = 1 + sum(size(value, (*path, str(index))) for index, value in enumerate(node))
        else:
            total = 1
            for found in _WHOLE.finditer(node) if isinstance(node, str) and "${" in node else ():
                target = _target(found.group(), list(path[:-1]))
                if target is not None:
                    total += size(*_follow(tree, target))
        under_way.discard(path)
        known[path] = total
        if total > MAX_RESOLVED:
            raise ConfigError(f"{'.'.join(path)}: its references unfold into more than {MAX_RESOLVED} values")
        return total

    size(tree, ())


def _follow(tree: dict[str, Any], path: list[str], depth: int = 0) -> tuple[Any, tuple[str, ...]]:
    """Return the node at a key path, through references on the way, and its own key path; None if there is none."""
    node: Any = tree
    place: list[str] = []
    for number, part in enumerate(path):
        node = _child(node, part)
        place.append(part)
        target = _target(node, place[:-1]) if number < len(path) - 1 else None
        if target is not None:
            if depth >= _DEEPEST:
                raise ConfigError(f"{'.'.join(place)}: its references lead round in a circle")
            node, found = _follow(tree, target, depth + 1)
            place = list(found)
    return node, tuple(place)
