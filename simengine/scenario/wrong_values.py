"""What is wrong with the values of a scenario, in one line that names the key, the value and what is allowed."""

from collections.abc import Iterable
from typing import Any, get_args

from pydantic import ValidationError

from simengine.core.errors import ConfigError, nearest, suggest
from simengine.scenario.spec import Spec
from simengine.scenario.spec.base import Contradiction

SHOWN = 200  # characters of a value that a message repeats
_MOST_PROBLEMS = 8  # that one message tells
_SENTENCES = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be above {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be below {lt}",
    "literal_error": "allowed: {expected}",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list, as in [a, b]",
    "list_type": "must be a list, as in [a, b]",
    "dict_type": "must be a mapping, as in {{key: value}}",
    "model_type": "must be a mapping, as in {{key: value}}",
    "model_attributes_type": "must be a mapping, as in {{key: value}}",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a whole number of at most 64 bits",
    "string_type": "must be text; put it in quotation marks if it looks like something else",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "too_long": "must hold at most {max_length} values",
    "too_short": "must hold at least {min_length} values",
    "finite_number": "must be a finite number",
    "string_pattern_mismatch": "must match {pattern}",
    "value_error": "{error}",  # of our own validators
}
_NAMES = ("missing", "extra_forbidden")


def all_problems(lines: Iterable[str]) -> ConfigError:
    """Return one error that tells every problem, or the first ones and how many more there are, in one line."""
    told = list(dict.fromkeys(lines))
    if len(told) > _MOST_PROBLEMS:
        told = [*told[:_MOST_PROBLEMS], f"{len(told) - _MOST_PROBLEMS} more"]
    return ConfigError("; also: ".join(told))


def shown_value(value: Any) -> str:
    """Return a value as YAML writes it, shortened."""
    words = {True: "true", False: "false", None: "null"}
    text = words[value] if value is None or isinstance(value, bool) else " ".join(str(value).split())
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def explain_validation(error: ValidationError, tree: dict[str, Any], model: type[Spec], above: str = "") -> ConfigError:
    """Turn pydantic's complaints into one line: key path (below `above`), value, what is allowed.

    Names that a mapping lacks, and those that it may not hold, are told together.
    """
    values: list[str] = []
    unknown: dict[tuple[str, ...], list[str]] = {}
    missing: dict[tuple[str, ...], list[str]] = {}
    for one in error.errors():
        path, node = _locate(one, tree)
        if one["type"] in _NAMES:
            found = missing if one["type"] == "missing" else unknown
            found.setdefault(tuple(path[:-1]), []).append(path[-1])
        else:
            values.append(_explain_value(one, ".".join([above, *path] if above else path), node))
    names = [
        _explain_names(place, unknown.get(place, []), missing.get(place, []), tree, model, above)
        for place in dict.fromkeys([*unknown, *missing])
    ]
    return all_problems([*values, *names])


def _locate(problem: Any, tree: Any) -> tuple[list[str], Any]:
    """Return the key path of a complaint and what stands there; pydantic's own has the kinds of unions in it."""
    path, node = [], tree
    for part in problem["loc"]:
        inside = isinstance(node, dict) and part in node
        if inside or isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
            path.append(str(part))
        elif part == problem["loc"][-1] and problem["type"] == "missing":
            path.append(str(part))
    return path, node


def _explain_value(problem: Any, key: str, node: Any) -> str:
    context = problem.get("ctx", {})
    if problem["type"] in ("union_tag_invalid", "union_tag_not_found"):
        kind = node.get("kind") if isinstance(node, dict) else node
        words = [tag.strip().strip("'") for tag in str(context.get("expected_tags", "")).split(",")]
        place = f"{key}.kind = {shown_value(kind)}"
        return f"{place}: no such kind{suggest(str(kind), words)}"
    if isinstance(context.get("error"), Contradiction):
        return str(context["error"]).replace("{}", f"{key}." if key else "")
    sentence = _SENTENCES.get(problem["type"])
    what = sentence.format(**context) if sentence else problem["msg"][0].lower() + problem["msg"][1:]
    return f"{key} = {shown_value(node)}: {what}"


def _explain_names(
    place: tuple[str, ...], unknown: list[str], missing: list[str], tree: Any, model: type[Spec], above: str
) -> str:
    """Tell which names a mapping may not hold and which it lacks."""
    at = ".".join([above, *place] if above else place)
    below = f"{at}." if at else ""
    allowed = sorted(_sibling_names(model, list(place), tree))
    if not unknown:
        if len(missing) == 1:
            return f"{below}{missing[0]}: this setting is missing"
        return f"{at}{': ' if at else ''}these settings are missing: {', '.join(missing)}"
    lacks = f"; missing: {', '.join(missing)}" if missing else ""
    if len(unknown) == 1:
        said = f"{below}{unknown[0]}: no setting of that name{nearest(unknown[0], allowed)}"
        return f"{said}; allowed there: {', '.join(allowed)}{lacks}"
    node: Any = tree
    for part in place:
        node = node.get(part) if isinstance(node, dict) else None
    kind = node.get("kind") if isinstance(node, dict) else None
    takes = f"kind={shown_value(kind)} takes" if kind is not None else "takes"
    refused = ", ".join(f"{name}{nearest(name, allowed)}" for name in unknown)
    said = f"{at or 'it'}: {takes} {', '.join(allowed)}{lacks}; not taken: {refused}"
    return f"{said} (~{below}{unknown[0]} takes one away)" if kind is not None else said


def _sibling_names(model: type[Spec], path: list[str], tree: Any) -> set[str]:
    """Return the field names of the model at a key path, told apart by `kind` where a union stands."""

    def models_in(annotation: Any) -> list[type[Spec]]:
        if isinstance(annotation, type) and issubclass(annotation, Spec):
            return [annotation]
        return [found for argument in get_args(annotation) for found in models_in(argument)]

    candidates: list[type[Spec]] = [model]
    node = tree
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
        fields = [c.model_fields[part].annotation for c in candidates if part in c.model_fields]
        found = [m for annotation in fields for m in models_in(annotation)]
        if found:
            candidates = found
    kind = node.get("kind") if isinstance(node, dict) else None
    matching = [
        c for c in candidates if "kind" in c.model_fields and kind in get_args(c.model_fields["kind"].annotation)
    ]
    return {name for c in (matching or candidates[:1]) for name in c.model_fields}
