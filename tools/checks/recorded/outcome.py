"""Events, signals and messages: do they say what the states, the pictures and the schemas say."""

import itertools
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
_LEGAL = {
    ("green", "amber"), ("amber", "red"), ("red", "red_amber"), ("red_amber", "green"), ("red", "green"),
    ("green", "red"),
}  # fmt: skip
_TRAFFIC_LIGHT = 12  # class


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
    """Return how far two oriented boxes (centre, axes as columns, half edges) are apart; negative: they overlap [m].

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


def signals(file: RecordedFile) -> Found | None:
    """Traffic lights have a colour from the start on, change as lights do, and are labelled with it in pictures."""
    governed = file.json("/map")[0].get("signals")
    if governed is None:
        return None
    messages, errors, checked = file.json("/signals"), [], 0
    if not governed and not messages:
        return Found(0, 0)
    if not messages or messages[0]["time_ns"] != 0:
        return Found(1, 1, "the map has signals and the file has no colours of time 0")
    for row in messages:
        checked += 1
        if len(row["color"]) < len(governed):
            errors.append(f"{len(row['color'])} colours of {len(governed)} signals at {row['time_ns']} ns")
    for before, after in itertools.pairwise(messages):
        for k, change in enumerate(zip(before["color"], after["color"], strict=True)):
            checked += 1
            if change[0] != change[1] and "off" not in change and change not in _LEGAL:
                errors.append(f"signal {k} turns from {change[0]} to {change[1]}")
    times = np.array([row["time_ns"] for row in messages])
    for sensor in file.sensors:
        for frame in file.frames(sensor):
            rows = (frame.labels or {}).get("signals", [])
            if not rows:
                continue
            now = messages[int(np.searchsorted(times, round(frame.time * 1e9), side="right")) - 1]["color"]
            instance, semantic = file.channel(frame, "instance"), file.channel(frame, "semantic")
            for row in rows:
                checked += 1
                housing = (instance == row["instance"]) & (semantic == _TRAFFIC_LIGHT)
                v, u = np.nonzero(housing)
                around = [int(u.min()), int(v.min()), int(u.max()) + 1, int(v.max()) + 1] if len(u) else [0, 0, 0, 0]
                if row["color"] != now[row["signal"]] or row["visible_pixels"] != len(u) or row["visible"] != around:
                    errors.append(f"{sensor} at {frame.time:.2f} s: signal {row['signal']} is labelled wrongly")
    return Found(checked, len(errors), errors[0] if errors else "")


def red_lights(file: RecordedFile) -> Found | None:
    """Ordinary traffic that crosses a stop line does so while its signal is not red (or has only just turned red)."""
    governed = file.json("/map")[0].get("signals")
    messages = file.json("/signals")
    lanes = {lane["name"]: lane for lane in file.json("/map")[0]["lanes"]}
    if governed is None:
        return None
    states, errors, checked = file.states, [], 0
    times = np.array([row["time_ns"] for row in messages]) * 1e-9
    ordinary = [a for a, behavior in enumerate(file.actors["behavior"]) if behavior == "traffic"]
    for k, signal in enumerate(governed):
        for name, s in zip(signal.get("lanes", []), signal.get("stop_s", []), strict=True):
            if signal.get("walkers") or name not in lanes:
                continue
            line = _stop_line(lanes[name], s)
            if line is None:
                continue
            middle, along, half = line
            for a in ordinary:
                ahead = ((states.position[:, a, :2] - middle) * along).sum(axis=1)
                aside = (states.position[:, a, :2] - middle) @ np.array([-along[1], along[0]])
                crossed = np.flatnonzero((ahead[:-1] < 0.0) & (ahead[1:] >= 0.0) & (np.abs(aside[1:]) < half))
                for step in crossed.tolist():
                    now = states.time[step]
                    shown = [messages[max(0, int(np.searchsorted(times, t, side="right")) - 1)]["color"][k]
                             for t in (now - 2.0, now)]  # fmt: skip
                    checked += 1
                    if shown == ["red", "red"]:
                        errors.append(f"actor {a} passes signal {k} at {now:.2f} s while it is red")
    return Found(checked, len(errors), errors[0] if errors else "")


def _stop_line(lane: Row, s: float) -> tuple[NDArray, NDArray, float] | None:
    """Return middle, direction of travel and half width of a stop line, if the map's excerpt reaches to the lane's end.

    The excerpt of a lane may begin after its start: the line is looked for from the lane's end, where lines are.
    """
    left, right = np.array(lane["left"])[:, :2], np.array(lane["right"])[:, :2]
    if len(left) < 2 or len(left) != len(right):
        return None
    center = 0.5 * (left + right)
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(center, axis=0), axis=1))])
    if not 0.0 <= s <= way[-1] + 1e-6:
        return None
    k = int(np.clip(np.searchsorted(way, s) - 1, 0, len(way) - 2))
    along = center[k + 1] - center[k]
    along = along / np.linalg.norm(along)
    return center[k] + (s - way[k]) * along, along, 0.5 * float(np.linalg.norm(left[k] - right[k]))


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
    """Every JSON message is as the schema in the file says, with no field that the schema does not describe."""
    errors, checked = [], 0
    for topic, schema in file.schemas.items():
        for row in file.json(topic):
            checked += 1
            wrong = _fits(row, schema, topic)
            if wrong:
                errors.append(wrong)
    return Found(checked, len(errors), errors[0] if errors else "")
