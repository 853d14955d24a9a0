"""The page of every setting that a scenario file may have, read from the models that check them."""

import ast
import inspect
import io
import tokenize
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from simengine.scenario.spec import criteria, datum, ego, events, road, run, sensors, surface, traffic, weather
from simengine.scenario.spec.base import ExtensionSpec, Spec

PAGE = "settings.md"
# Where each part stands in a file, and the models that check it; a model's own parts follow it.
PARTS: tuple[tuple[str, str, ModuleType], ...] = (
    ("scenario", "what is particular to a scenario: actors, events with triggers and actions, goal", events),
    ("ego", "the actor under test", ego),
    ("road", "the road or the map", road),
    ("datum", "where on Earth a map without a reference of its own lies", datum),
    ("traffic, pedestrians", "who else is on the road", traffic),
    ("weather", "one physical state that everything reads", weather),
    ("surface", "what the road is made of", surface),
    ("sensors", "a name of your own for each; `kind` says which", sensors),
    ("physics, recorder", "how the world is stepped and what is kept", run),
    ("criteria", "what a verdict is made of; a name of your own for each", criteria),
)
_BOUNDS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}"}


def _comments(source: str) -> dict[int, str]:
    """Return the comment of each line of a source."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def field_notes(model: type[BaseModel]) -> dict[str, str]:
    """Return what the source says of each field: the comment on its line, else those right above it."""
    source = inspect.cleandoc("\n" + inspect.getsource(model))
    comments, notes = _comments(source), {}
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)
    for node in body.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        above, line = [], node.lineno - 1
        while line in comments and source.splitlines()[line - 1].lstrip().startswith("#"):
            above.insert(0, comments[line])
            line -= 1
        notes[node.target.id] = comments.get(node.end_lineno or node.lineno) or " ".join(above)
    return notes


def _words(kind: Any) -> str:
    """Return a type in words."""
    if get_origin(kind) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    names = {float: "number", int: "whole number", bool: "true or false", str: "text", type(None): "null"}
    if kind in names:
        return names[kind]
    parts = [part for part in get_args(kind) if isinstance(part, type) or get_args(part)]
    if kind is ExtensionSpec:
        return "what an installed package brings"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    if get_origin(kind) is dict:
        return f"for each name: {_words(parts[-1])}"
    if get_origin(kind) in (list, tuple):
        return "list of " + " and ".join(dict.fromkeys(map(_words, parts)))
    if hasattr(kind, "__metadata__"):
        limits = [
            text.format(f"{getattr(m, key):g}")
            for meta in kind.__metadata__
            for m in getattr(meta, "metadata", [meta])
            for key, text in _BOUNDS.items()
            if hasattr(m, key)
        ]
        return ", ".join([_words(parts[0]), *limits])
    return " or ".join(dict.fromkeys(_words(part) for part in parts))


def _allowed(field: FieldInfo) -> str:
    """Return what a field takes, in words."""
    limits = [
        text.format(f"{getattr(m, key):g}")
        for m in field.metadata
        for key, text in _BOUNDS.items()
        if getattr(m, key, None) is not None
    ]
    words = ", ".join([_words(field.annotation), *limits])
    return words if field.is_required() else f"{words}; left out: `{_plain(field.get_default())}`"


def _plain(value: Any) -> str:
    return "null" if value is None else str(list(value)) if isinstance(value, tuple) else str(value).lower()


def _table(model: type[BaseModel]) -> list[str]:
    """Return a model as a heading, its sentence and a table of its fields."""
    notes = field_notes(model)
    rows = [
        f"| `{name}` | {_allowed(field)} | {notes.get(name, '')} |".replace("|  |", "| |")
        for name, field in model.model_fields.items()
    ]
    sentence = " ".join((model.__doc__ or "").split("\n\n")[0].split())
    return [f"### {model.__name__}", "", sentence, "", "| key | takes | |", "|---|---|---|", *rows, ""]


def document() -> str:
    """Return the page."""
    lines = [
        "# Settings",
        "",
        "Every key that a scenario file or a word on the command line may set (`tools/check.py settings --write`",
        "makes this page from the models that check them). Units stand in brackets; angles end in `_deg`. Any number",
        "may be a distribution (`{uniform: [low, high]}`, `{normal: …}`, `{choice: […]}`, …), drawn once an episode,",
        "or a reference to another value (`${scenario.parameters.side}`).",
        "",
    ]
    for key, sentence, module in PARTS:
        models = [
            m
            for m in vars(module).values()
            if isinstance(m, type) and issubclass(m, Spec) and m.__module__ == module.__name__
        ]
        lines += [f"## {key}", "", f"{sentence[0].upper()}{sentence[1:]}.", ""]
        for model in models:
            lines += _table(model)
    return "\n".join(lines).rstrip() + "\n"
