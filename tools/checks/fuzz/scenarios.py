"""Mutated scenarios: they compose and draw, or one `ConfigError` or `ScenarioError` says what is wrong, within seconds.

A mutation changes the tree of a scenario of the library (or of its concrete form), the text of its file, or adds an
override; all by a seed, so that a fault can be repeated by its number.
"""

import copy
import random
import tempfile
from pathlib import Path
from typing import Any

import yaml

from simengine.scenario.compose import compose, scenario_names
from simengine.scenario.config_loader import configuration_root
from simengine.scenario.override_text import setting
from simengine.scenario.sampling import concretize, from_yaml, load_scenario, to_yaml
from tools.checks.fuzz.judging import Fault, judge

_VALUES: tuple[Any, ...] = (
    None, True, False, "", " ", "x", "ü", "ego", "???", "null", "12 km/h", "3 m", -1, 0, 1, 3.5, -1e9, 1e308,
    -1e308, 5e-324, float("nan"), float("inf"), 10**40, [], {}, [1], [[]], [None], {"a": 1}, {"kind": "nothing"},
    {"kind": ["time"]},
    "${nope}", "${scenario.name}", "${scenario}", "${oc.env:HOME}", "${hydra:job.name}", "${add:1,2}", "${mul:x,9}",
    "${div:1,0}", "${", "${}", "$", "${.}", "${..a}", "${add:}", "${add:1}", "${add:${add:1,1},${nope}}", "\\${x}",
    {"uniform": [0, 1]}, {"uniform": [1]}, {"uniform": None}, {"uniform": [-1e308, 1e308]}, {"uniform": ["a", "b"]},
    {"normal": [0, -1]}, {"normal": [0, 1e308]}, {"choice": []}, {"choice": [[1], {}]}, {"choice": {"a": 1}},
    {"integers": [0, 10**30]}, {"integers": [0.5, 2]}, {"truncated_normal": [0, 1, 5, 6]}, {"log_uniform": [0, 1]},
    {"truncated_normal": [0.0, 1e-300, 0.0, 0.0]}, "a" * 5_000, list(range(300)),
)  # fmt: skip
_KEYS = (
    "", "x", "kind", "ü", "a.b", "a b", "a=b", "ego", "defaults", "hydra", "_target_", "0", "null", "x" * 300, "${x}",
)  # fmt: skip
_GROUPS = ("weather", "traffic", "ego", "road", "sensors", "physics", "criteria", "pedestrians", "recorder", "surface")
_TEXTS = ("\t", "  ", "- ", "? ", ": ", "&a ", "*a ", "<<: *a\n", "!!python/name:os.system ", "'", '"', "[", "{", "#",
          "\0", "---\n", "%", "@", "`", "|\n", ">\n", "\r", "\ufeff", "\u2028", "é", "9" * 400, "[" * 400)  # fmt: skip
_OVERRIDES = ("1", "-1", "nan", "1e308", "true", "null", "[]", "{}", "x", "[1,2", "{a:1}", "${nope}", "${oc.env:HOME}",
              "'", "ü", "a b", "1,2", "choice(1,2)", "range(1,9)", "glob(*)", "int(3)", "shuffle(1,2)", "9" * 400,
              "{uniform:[0,1]}")  # fmt: skip


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Return every container of a tree with each of its keys."""
    found, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            found.append((node, key))
            if isinstance(node[key], dict | list):
                waiting.append(node[key])
    return found


def mutate(tree: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """Return a tree with one place or a few changed: dropped, retyped, renamed, moved or nested otherwise."""
    tree = copy.deepcopy(tree)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        places = _places(tree)
        if not places:
            break
        node, key = draw.choice(places)
        kind = draw.choice(("value", "value", "value", "drop", "rename", "move", "wrap", "unwrap", "scale", "add"))
        if kind == "value":
            node[key] = copy.deepcopy(draw.choice(_VALUES))
        elif kind == "drop":
            del node[key]
        elif kind == "rename" and isinstance(node, dict):
            name = draw.choice((*_KEYS, str(key)[:-1], f"{key}s", str(key).upper()))
            node[name] = node.pop(key)
        elif kind == "move":
            other, place = draw.choice(places)
            node[key] = copy.deepcopy(other[place]) if place in other or isinstance(other, list) else None
        elif kind == "wrap":
            node[key] = draw.choice(([node[key]], {str(key): node[key]}, {"uniform": node[key]}, {"choice": node[key]}))
        elif kind == "unwrap" and isinstance(node[key], dict | list) and node[key]:
            node[key] = draw.choice(list(node[key].values()) if isinstance(node[key], dict) else node[key])
        elif kind == "scale" and isinstance(node[key], int | float):
            node[key] = node[key] * draw.choice((-1, 0, 3.6, 1e3, 1e-9, 1e20))
        elif kind == "add" and isinstance(node, dict):
            node[draw.choice(_KEYS)] = copy.deepcopy(draw.choice(_VALUES))
    return tree


def mutate_text(text: str, draw: random.Random) -> str:
    """Return text with one to three places changed: characters put in, lines dropped, doubled or indented otherwise."""
    for _ in range(draw.randint(1, 3)):
        lines = text.splitlines(keepends=True) or [""]
        line = draw.randrange(len(lines))
        kind = draw.choice(("insert", "drop", "repeat", "indent", "cut"))
        if kind == "insert":
            place = draw.randint(0, len(lines[line]))
            lines[line] = lines[line][:place] + draw.choice(_TEXTS) + lines[line][place:]
        elif kind == "indent":
            lines[line] = draw.choice(_TEXTS) + lines[line].lstrip()
        elif kind == "cut":
            lines[line] = lines[line][: draw.randint(0, len(lines[line]))]
        else:
            lines[line : line + 1] = [lines[line]] * (2 if kind == "repeat" else 0)
        text = "".join(lines)
    return text


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


class _FastDumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def dump(tree: Any) -> str:
    """Return a tree as YAML without aliases."""
    try:
        return yaml.dump(tree, Dumper=_FastDumper, sort_keys=False, allow_unicode=True)
    except (UnicodeError, yaml.YAMLError):  # of half a pair of surrogates, which the fast one does not write
        return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def case(draw: random.Random, folder: Path) -> tuple[Any, str]:
    """Return what reads a mutated scenario, and the case in words."""
    name = draw.choice(_NAMES)
    text = (configuration_root() / "scenarios" / f"{name}.yaml").read_text(encoding="utf-8")
    kinds = ("concrete", "concrete", "concrete text", "tree", "text", "override", "option")
    kind = draw.choice((*["composed"] * 8, *kinds))
    if kind == "composed":  # past Hydra, which takes ten times as long as all the rest
        tree = mutate(compose("config", (setting("scenario", name),)), draw)
        return lambda: concretize(tree, 1), f"{kind} of {name}:\n{tree}"
    if kind.startswith("concrete"):
        concrete = to_yaml(concretize(compose("config", (setting("scenario", name),)), draw.randrange(4)))
        mutated = dump(mutate(yaml.safe_load(concrete), draw)) if kind == "concrete" else mutate_text(concrete, draw)
        return lambda: from_yaml(mutated), f"{kind} of {name}:\n{mutated}"
    search = f"hydra.searchpath=[file://{folder}]"
    if kind == "override":
        tree = compose("config", (setting("scenario", name),))
        parts: list[str] = []
        node: Any = tree
        while isinstance(node, dict) and node and (not parts or draw.random() < 0.85):
            parts.append(draw.choice(list(node)))
            node = node[parts[-1]]
        key = draw.choice((*[".".join(parts)] * 4, ".".join([*parts, "x"]), "x", draw.choice(_KEYS)))
        override = f"{draw.choice(('', '', '', '+', '++', '~'))}{key}={draw.choice(_OVERRIDES)}"
        return lambda: load_scenario(name, [override], seed=1), f"{override} of {name}"
    if kind == "option":
        group = draw.choice(_GROUPS)
        option = draw.choice(sorted((configuration_root() / "conf" / group).glob("*.yaml")))
        (folder / group).mkdir(exist_ok=True)
        content = option.read_text(encoding="utf-8")
        tree = yaml.safe_load(content)
        mutated = mutate_text(content, draw) if draw.random() < 0.3 else dump(mutate(tree, draw))
        (folder / group / "mutated.yaml").write_text(mutated, encoding="utf-8", newline="")
        return lambda: load_scenario(name, [search, f"{group}=mutated"], seed=1), f"{group} of {name}:\n{mutated}"
    if kind == "text":
        mutated = mutate_text(text, draw)
    else:
        mutated = "# @package _global_\n" + dump(mutate(yaml.safe_load(text), draw))
    (folder / "mutated.yaml").write_text(mutated, encoding="utf-8", newline="")
    return lambda: load_scenario("mutated", [search], seed=1), f"{kind} of {name}:\n{mutated}"


_NAMES = scenario_names()


def try_scenario(seed: int) -> tuple[str, Fault | None]:
    """Read the mutated scenario of a seed; returns `taken` or `refused`, and a fault if it ended otherwise."""
    with tempfile.TemporaryDirectory(prefix="simengine-fuzz-") as folder:
        read, shown = case(random.Random(seed), Path(folder))
        return judge(seed, read, shown)
