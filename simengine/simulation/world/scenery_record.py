"""The record of what stands around: every object that masks and points name by an instance id, and the signal heads."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.assets.scenery import SEMANTIC_OF_SCENERY, scenery_bounds
from simengine.core.history import NANOSECONDS
from simengine.road.furniture import LAMP_BELOW_TOP
from simengine.road.network.network import RoadNetwork, SignalColor
from simengine.road.network.signals import signal_changes, signal_colors
from simengine.simulation.files import stored_values as stored
from simengine.simulation.world.roadmap import stop_line_ends
from simengine.simulation.world.scenery import Scenery, scenery_instances

_HEAD = ("name", "instance", "position", "heading", "group", "lanes", "stop_s", "stop_lines", "walkers")
COLORS = tuple(color.name.lower() for color in SignalColor)


class SceneryTable(NamedTuple):
    """The fixed objects of an episode, a row each. Shapes (num_objects, …)."""

    instance: NDArray[np.int32]  # in masks and points, above those of the actors
    kind: NDArray[np.str_]  # "building", "tree", "lamp_post", "signal", "sign", …
    semantic: NDArray[np.uint8]  # class that names it; parts of it may have another, as the post of a signal
    position: NDArray[np.float64]  # center of its box, world [m]. (…, 3)
    yaw: NDArray[np.float64]  # direction its x axis points [rad]
    size: NDArray[np.float64]  # length, width, height of its box [m]. (…, 3)
    signal: NDArray[np.int32]  # row among the signals, −1 for others
    type: NDArray[np.str_]  # of a sign: "speed_limit:50", "stop", …; "" for others


class Signals:
    """The signal heads of an episode and what they showed.

    Args:
        heads: As `describe_signals` returns them.
        change_ns: When any head began to show something else, the first at 0 [ns].
        color: What all showed from then on; a list for each change.
    """

    def __init__(self, heads: list[dict[str, Any]], change_ns: list[int], color: list[list[str]]) -> None:
        self.name = np.array([head["name"] for head in heads], np.str_)  # in the source. (num_signals,)
        self.instance = np.array([head["instance"] for head in heads], np.int32)  # 0 where it is not drawn
        self.position = np.array([head["position"] for head in heads], np.float64).reshape(-1, 3)  # lamps, world [m]
        self.heading = np.array([head["heading"] for head in heads], np.float64)  # direction the lamps face [rad]
        self.group = np.array([head["group"] for head in heads], np.int32)  # that changes together
        self.lanes = tuple(tuple(head["lanes"]) for head in heads)  # names of those whose stop line it governs
        self.stop_s = tuple(tuple(head["stop_s"]) for head in heads)  # place of the line along each of them [m]
        # Left and right end of the line across each of them, world [m]. Of each head (num_lanes, 2, 3).
        self.stop_lines = tuple(np.array(head["stop_lines"], np.float64).reshape(-1, 2, 3) for head in heads)
        self.walkers = np.array([head["walkers"] for head in heads], np.bool_)  # tells people when to cross
        self.change_ns = np.array(change_ns, np.int64)
        self.color = np.array(color, np.str_).reshape(len(change_ns), len(heads))

    def __len__(self) -> int:
        return len(self.name)

    def color_at(self, time_ns: int) -> NDArray[np.str_]:
        """Return what every head shows at a time [ns]: one of `COLORS`. Shape (num_signals,)."""
        if len(self) == 0:
            return np.zeros(0, "<U1")
        return self.color[max(0, int(np.searchsorted(self.change_ns, time_ns, side="right")) - 1)]

    def __repr__(self) -> str:
        return f"<{len(self)} signals, {len(self.change_ns)} states>"


def scenery_table(scenery: Scenery) -> SceneryTable:
    """Describe every object that has an instance id."""
    ids = scenery_instances(scenery)
    kinds, classes, centers, sizes, types = [], [], [], [], []
    for prop in scenery.props:
        kind, _, sign = prop.kind.partition(":")
        low, high = (np.array(corner) for corner in scenery_bounds(prop.kind, prop.size))
        along, aside, up = (0.5 * (low + high)).tolist()
        c, s = math.cos(prop.yaw), math.sin(prop.yaw)
        x, y, z = prop.position
        kinds.append(kind)
        classes.append(SEMANTIC_OF_SCENERY[kind])
        centers.append((x + c * along - s * aside, y + s * along + c * aside, z + up))
        sizes.append(high - low)
        types.append(sign)
    kept = ids > 0
    return SceneryTable(
        instance=ids[kept],
        kind=np.array(kinds, np.str_)[kept],
        semantic=np.array(classes, np.uint8)[kept],
        position=np.round(np.array(centers, np.float64).reshape(-1, 3), 4)[kept],
        yaw=np.array([prop.yaw for prop in scenery.props], np.float64)[kept],
        size=np.round(np.array(sizes, np.float64).reshape(-1, 3), 4)[kept],
        signal=np.array([prop.signal for prop in scenery.props], np.int32)[kept],
        type=np.array(types, np.str_)[kept],
    )


def scenery_to_json(table: SceneryTable) -> dict[str, list[Any]]:
    """Return a table as plain values, column by column."""
    return {name: column.tolist() for name, column in table._asdict().items()}


def scenery_from_json(value: Any) -> SceneryTable:
    """Return the table that `scenery_to_json` wrote.

    Raises:
        ValueError: A value is not what it has to be.
    """
    found = stored.mapping(value, "/scenery", *SceneryTable._fields)
    count = len(stored.sequence(found["instance"], "/scenery.instance"))

    def column(name: str, dtype: Any, *trailing: int) -> NDArray[Any]:
        return stored.array(found[name], dtype, (count, *trailing), f"/scenery.{name}")

    return SceneryTable(
        instance=column("instance", np.int32), kind=column("kind", np.str_), semantic=column("semantic", np.uint8),
        position=column("position", np.float64, 3), yaw=column("yaw", np.float64), size=column("size", np.float64, 3),
        signal=column("signal", np.int32), type=column("type", np.str_),
    )  # fmt: skip


def signals_from_json(heads: Any, shown: list[tuple[int, Any]]) -> Signals:
    """Return the signals as `describe_signals` described them, and what they showed from which time [ns] on.

    Raises:
        ValueError: A value is not what it has to be.
    """
    what = "/map.signals"
    described = [stored.mapping(head, what, *_HEAD) for head in stored.sequence(heads, what)]
    for head in described:
        lanes = len(stored.texts(head["lanes"], f"{what}.lanes"))
        stored.text(head["name"], f"{what}.name")
        stored.array(head["position"], np.float64, (3,), f"{what}.position")
        stored.number(head["heading"], f"{what}.heading")
        stored.array(head["stop_s"], np.float64, (lanes,), f"{what}.stop_s")
        stored.array(head["stop_lines"], np.float64, (lanes, 2, 3), f"{what}.stop_lines")
        for name in ("instance", "group"):
            stored.whole(head[name], f"{what}.{name}", -(2**31), 2**31 - 1)
        if not isinstance(head["walkers"], bool):
            raise ValueError(f"{what}.walkers: must be true or false")
    for time_ns, colors in shown:
        if len(stored.texts(colors, f"/signals at {time_ns} ns: color", COLORS)) != len(described):
            raise ValueError(f"/signals at {time_ns} ns: tells of {len(colors)} signals, not of {len(described)}")
    return Signals(described, [time_ns for time_ns, _ in shown], [colors for _, colors in shown])


def describe_signals(network: RoadNetwork, scenery: Scenery | None) -> list[dict[str, Any]]:
    """Return what never changes about every signal head, as plain values in the network's order.

    Its place is that of the lamps as they are drawn: heads that their source puts over a lane stand beside it.
    """
    drawn = {}
    if scenery is not None:
        ids = scenery_instances(scenery).tolist()
        drawn = {prop.signal: (id_, prop) for id_, prop in zip(ids, scenery.props, strict=True) if prop.signal >= 0}
    heads = []
    for signal, name in enumerate(network.signal_name.tolist()):
        position = network.signal_position[signal].tolist()
        instance = 0
        if signal in drawn:
            instance, prop = drawn[signal]
            x, y, z = prop.position
            position = [x, y, z + prop.size[2] - LAMP_BELOW_TOP]
        lines = np.flatnonzero(network.stop_signal == signal)
        group = int(network.signal_group[signal])
        heads.append({
            "name": name, "instance": instance, "position": np.round(position, 4).tolist(),
            "heading": float(network.signal_heading[signal]), "group": group,
            "lanes": network.lane_name[network.stop_lane[lines]].tolist(),
            "stop_s": np.round(network.stop_s[lines], 4).tolist(),
            "stop_lines": [np.round(stop_line_ends(network, line), 4).tolist() for line in lines.tolist()],
            "walkers": len(lines) == 0 and bool((network.crossing_signal == group).any()),
        })  # fmt: skip
    return heads


class SignalClock:
    """Tells a recorder what the signals show, at the start and whenever one of them changes.

    Args:
        network: The roads with their signals.
        longest: How long the episode can take [s].
    """

    def __init__(self, network: RoadNetwork, longest: float) -> None:
        self._network = network
        self._pending: list[int] = []
        if len(network.signal_name):
            self._pending = [0, *signal_changes(network, round((longest + 1.0) * NANOSECONDS))]

    def until(self, time_ns: int) -> list[tuple[int, list[str]]]:
        """Return the states that began since the last call and up to a time [ns]: when, and every head's color."""
        states = []
        while self._pending and self._pending[0] <= time_ns:
            began = self._pending.pop(0)
            shown = signal_colors(self._network, began * 1e-9)
            states.append((began, [COLORS[color] for color in shown.tolist()]))
        return states
