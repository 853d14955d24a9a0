"""Signals and stop lines: do colors change as lights do, do pictures show them, does traffic keep to them."""

import itertools

import numpy as np
from numpy.typing import NDArray

from tools.checks.recorded.file import RecordedFile, RecordedFrame, Row, rotations
from tools.checks.recorded.found import Found

_LEGAL = {("green", "amber"), ("amber", "red"), ("red", "red_amber"), ("red_amber", "green")}
_WALKERS = {("red", "green"), ("green", "red")}  # the only changes of lights for people
_TRAFFIC_LIGHT = 12  # class
_JUST = 2.0  # who passes no later after a signal turned red could not stop [s]
_NO_FIELD = Found(1, 1, "the map has no field for signals")


def signals(file: RecordedFile) -> Found:
    """Traffic lights have a color from the start on, change as lights do, and are labeled with it in pictures."""
    governed = file.json("/map")[0].get("signals")
    if governed is None:
        return _NO_FIELD
    messages, errors, checked = file.json("/signals"), [], 0
    if governed and (not messages or messages[0]["time_ns"] != 0):
        return Found(1, 1, "the map has signals and the file has no colors of time 0")
    for row in messages:
        checked += 1
        if len(row["color"]) != len(governed):
            errors.append(f"{len(row['color'])} colors of {len(governed)} signals at {row['time_ns']} ns")
    if errors:
        return Found(checked, len(errors), errors[0])
    for before, after in itertools.pairwise(messages):
        for k, change in enumerate(zip(before["color"], after["color"], strict=True)):
            checked += 1
            legal = _WALKERS if governed[k]["walkers"] else _LEGAL
            if change[0] != change[1] and "off" not in change and change not in legal:
                errors.append(f"signal {k} turns from {change[0]} to {change[1]}")
    times = np.array([row["time_ns"] for row in messages])
    for frame in [frame for sensor in file.sensors for frame in file.frames(sensor)]:
        if frame.labels is None or not {"intrinsics", "instance", "semantic"} <= set(frame.channels):
            continue
        now: list[str] = []
        if messages:
            now = messages[int(np.searchsorted(times, round(frame.time * 1e9), side="right")) - 1]["color"]
        number, wrong = _labeled(file, frame, governed, now)
        checked, errors = checked + number, errors + wrong
    return Found(checked, len(errors), errors[0] if errors else "")


def _labeled(file: RecordedFile, frame: RecordedFrame, governed: list[Row], now: list[str]) -> tuple[int, list[str]]:
    """Compare the rows of a picture's signals with its masks: how many were looked at, and what is wrong."""
    instance, errors = file.channel(frame, "instance"), []
    housing = file.channel(frame, "semantic") == _TRAFFIC_LIGHT
    shown = set(np.unique(instance[housing]).tolist()) - {0} - file.other_heads
    rows, when = frame.labels.get("signals", []), f"{frame.sensor} at {frame.time:.2f} s"
    for name in sorted(shown - {row["instance"] for row in rows}):
        errors.append(f"{when}: the signal of instance {name} is in the masks and has no row")
    for row in rows:
        v, u = np.nonzero(housing & (instance == row["instance"]))
        around = [int(u.min()), int(v.min()), int(u.max()) + 1, int(v.max()) + 1] if len(u) else []
        known = row["signal"] < len(governed) and governed[row["signal"]]["instance"] == row["instance"]
        good = known and row["color"] == now[row["signal"]]
        if not good or row["visible_pixels"] != len(u) or row["visible"] != around:
            errors.append(f"{when}: signal {row['signal']} is labeled wrongly")
    return len(shown) + len(rows), errors


def red_lights(file: RecordedFile) -> Found:
    """Whose front crosses a stop line does so while its signal is not red, or has only just turned red.

    Ordinary traffic and the ego; an ego whose verdict says that it passed at red may, and whom a hazard makes run.
    """
    governed, messages = file.json("/map")[0].get("signals"), file.json("/signals")
    if governed is None:
        return _NO_FIELD
    states, errors, checked = file.states, [], 0
    times = np.array([row["time_ns"] for row in messages]) * 1e-9
    told = any(row["name"] == "red_light" and row["passed"] is False for row in file.events.get("criteria", []))
    watched = ("traffic",) if told else ("traffic", "ego")
    runs = _runners(file)
    who = [a for a, behavior in enumerate(file.actors["behavior"]) if behavior in watched and a not in runs]
    ahead = rotations(states.orientation[:, : len(file.actors["size"])])[..., 0]
    front = states.position[:, : ahead.shape[1]] + 0.5 * np.array(file.actors["size"])[:, :1] * ahead
    for k, signal in enumerate(governed):
        for line in signal["stop_lines"]:
            for a in who:
                for step in _crossings(np.array(line), front[:, a]).tolist():
                    now = states.time[step]
                    shown = [messages[max(0, int(np.searchsorted(times, t, side="right")) - 1)]["color"][k]
                             for t in (now - _JUST, now)]  # fmt: skip
                    checked += 1
                    if shown == ["red", "red"]:
                        errors.append(f"actor {a} passes signal {k} at {now:.2f} s while it is red")
    return Found(checked, len(errors), errors[0] if errors else "")


def _runners(file: RecordedFile) -> set[int]:
    """Return who is told by an event of the scenario to run red lights: the actor of a hazard of the same name."""
    events, runs = file.scenario["scenario"]["events"], set()
    told = {event["actor"] for event in events.values() if event["do"]["kind"] == "run_red"}
    for row in file.events["intervals"]:
        kind, _, name = row["name"].partition(":")
        if kind == "hazard" and name in events and events[name]["actor"] in told:
            runs.add(row["actor"])
    return runs


def _crossings(line: NDArray[np.float64], front: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the states after which a front crosses a stop line in its direction of travel.

    Args:
        line: Its left and its right end. Shape (2, 3).
        front: Shape (num_states, 3).
    """
    across = line[1, :2] - line[0, :2]
    width = float(np.hypot(*across))
    if width < 1e-6:
        return np.zeros(0, np.int64)
    aside = (front[:, :2] - line[0, :2]) @ across / width
    ahead = (front[:, :2] - line[0, :2]) @ np.array([-across[1], across[0]]) / width
    step = np.flatnonzero((ahead[:-1] < 0.0) & (ahead[1:] >= 0.0))
    share = -ahead[step] / (ahead[step + 1] - ahead[step])
    at = aside[step] + share * (aside[step + 1] - aside[step])
    level = np.abs(front[step, 2] - line[:, 2].mean()) < 4.0  # not on a bridge above
    return step[(at >= 0.0) & (at <= width) & level]
