"""Events and messages: do they say what the states and the schemas say."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.checks.recorded.file import RecordedFile, Row, rotations
from tools.checks.recorded.found import Found

_TOUCH = 0.35  # boxes this near may touch: shapes are rounded, states are a control step apart [m]
_DEEP = 0.25  # boxes that overlap by more do touch [m]
_AROUND = 0.5  # [s]
_SOLID = ("car", "truck", "bus", "pedestrian", "robot")


def intervals(file: RecordedFile) -> Found:
    """Intervals and collisions lie inside the episode, in order, and are of actors that are listed."""
    end, listed = int(file.states.time[-1] * 1e9) + 1, len(file.actors["kind"])
    errors = []
    for row in file.events["intervals"]:
        good = 0 <= row["start_ns"] <= row["end_ns"] <= end and 0 <= row["actor"] < listed
        good &= row["response_ns"] == -1 or row["start_ns"] <= row["response_ns"] <= row["end_ns"]
        if not good:
            errors.append(f"{row['name']} of actor {row['actor']}: {row['start_ns']} to {row['end_ns']} ns")
    for row in file.events["collisions"]:
        if not (0 <= row["start_ns"] <= row["end_ns"] <= end and row["actor"] < listed and -1 <= row["other"] < listed):
            errors.append(f"collision of {row['actor']} and {row['other']} from {row['start_ns']} ns")
    checked = len(file.events["intervals"]) + len(file.events["collisions"])
    return Found(checked, len(errors), errors[0] if errors else "")


def _gap(one: tuple[NDArray, NDArray, NDArray], other: tuple[NDArray, NDArray, NDArray]) -> float:
    """Return how far two oriented boxes (center, axes as columns, half edges) are apart; negative: they overlap [m].

    Along the best separating axis of the faces' normals and the edges' products (Gottschalk et al. 1996).
    """
    (p, a, h), (q, b, k) = one, other
    axes = [*a.T, *b.T] + [np.cross(x, y) for x in a.T for y in b.T]
    best = -math.inf
    for axis in axes:
        length = float(np.linalg.norm(axis))
        if length > 1e-6:
            axis = axis / length
            reach = float(np.abs(a.T @ axis) @ h + np.abs(b.T @ axis) @ k)
            best = max(best, abs(float(axis @ (q - p))) - reach)
    return best


def _box(file: RecordedFile, state: int, actor: int) -> tuple[NDArray, NDArray, NDArray]:
    states = file.states
    turn = rotations(states.orientation[state, actor])
    return states.position[state, actor], turn, 0.5 * np.array(file.actors["size"][actor])


def collisions(file: RecordedFile) -> Found:
    """Boxes meet where a collision is told, and where solid boxes overlap deeply one is told."""
    states, errors, checked = file.states, [], 0
    told: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for row in file.events["collisions"]:
        pair = tuple(sorted((row["actor"], row["other"])))
        told.setdefault(pair, []).append((row["start_ns"] * 1e-9 - _AROUND, row["end_ns"] * 1e-9 + _AROUND))
        if row["other"] < 0:
            continue
        checked += 1
        near = np.flatnonzero(np.abs(states.time - row["start_ns"] * 1e-9) < 0.06)
        near = [k for k in near if states.present[k, list(pair)].all()]
        gap = min((_gap(_box(file, k, pair[0]), _box(file, k, pair[1])) for k in near), default=math.inf)
        if gap > _TOUCH + 0.05 * row["closing_speed"]:
            errors.append(f"{pair} collide at {row['start_ns'] * 1e-9:.2f} s, {gap:.2f} m apart")
    solid = np.array([kind in _SOLID for kind in file.actors["kind"]])
    radius = 0.5 * np.linalg.norm(np.array(file.actors["size"]), axis=1)
    for k in range(0, len(states.time), 4):
        there = np.flatnonzero(states.present[k, : len(solid)] & solid)
        place = states.position[k, there]
        away = np.linalg.norm(place[:, None] - place[None], axis=2)
        close = away < radius[there][:, None] + radius[there][None]
        for i, j in zip(*np.nonzero(np.triu(close, 1)), strict=True):
            a, b = int(there[i]), int(there[j])
            if states.replayed[k, a] and states.replayed[k, b]:
                continue  # recorded boxes may touch, as measured
            checked += 1
            overlap = -_gap(_box(file, k, a), _box(file, k, b))
            spans = told.get((a, b), [])
            if overlap > _DEEP and not any(start <= states.time[k] <= end for start, end in spans):
                errors.append(f"{a} and {b} overlap by {overlap:.2f} m at {states.time[k]:.2f} s, and no collision")
    return Found(checked, len(errors), errors[0] if errors else "")


_NEEDED = ("/actors", "/scenery", "/state", "/events", "/map")
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip


def _fits(value: Any, schema: Row, where: str) -> str:
    """Return what of a value is not as its schema says, or nothing."""
    wanted = schema.get("type")
    wanted = [wanted] if isinstance(wanted, str) else wanted or []
    named = [kind for name in wanted for kind in _TYPES[name]]
    if named and (not isinstance(value, tuple(named)) or (isinstance(value, bool) and bool not in named)):
        return f"{where} is {str(value)[:40]}, not {' or '.join(wanted)}"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{where} is {value}"
    lacking = [name for name in schema.get("required", []) if isinstance(value, dict) and name not in value]
    if lacking:
        return f"{where} has no {lacking[0]}"
    if isinstance(value, dict) and "properties" in schema:
        for name, part in value.items():
            if name not in schema["properties"]:
                return f"{where}.{name} is not in the schema"
            wrong = _fits(part, schema["properties"][name], f"{where}.{name}")
            if wrong:
                return wrong
    if isinstance(value, list) and "items" in schema:
        for part in value:
            wrong = _fits(part, schema["items"], f"{where}[]")
            if wrong:
                return wrong
    return ""


def schemas(file: RecordedFile) -> Found:
    """Every JSON message is as the schema in the file says, no field more and none less; none of the topics lacks."""
    errors, checked = [f"the file has no {topic}" for topic in _NEEDED if not file.topics.get(topic)], len(_NEEDED)
    for topic, schema in file.schemas.items():
        for row in file.json(topic):
            checked += 1
            wrong = _fits(row, schema, topic)
            if wrong:
                errors.append(wrong)
    return Found(checked, len(errors), errors[0] if errors else "")
