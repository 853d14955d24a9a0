"""Programs for traffic lights: OpenDRIVE says which lights belong together, not when they change.

Lights of one controller show the same, unless that would let crossing traffic go at once; without one those that stop
the same lanes do. What does not conflict is green together (`road.opendrive.signals.stages`), in the order of the
junction's controllers. Times: amber 3 s as at 50 km/h, red and amber 1 s, green at least 5 s (German RiLSA 2015); a
cycle of at most 90 s, the rest are usual values.
"""

import numpy as np

from simengine.road.network.centerline import measure_lanes
from simengine.road.network.conflicts import pair_conflicts
from simengine.road.network.drafts import LaneDraft, SignalDraft
from simengine.road.network.lane_points import join_points
from simengine.road.network.network import SignalColor, Turn
from simengine.road.network.polyline import end_heading
from simengine.road.opendrive.lanes.drafts import LaneMap
from simengine.road.opendrive.model import OpenDrive
from simengine.road.opendrive.signals.signals import Signal
from simengine.road.opendrive.signals.stages import Lamp, Way, deal_stages, excludes

GREEN, TURN_GREEN, SHORTEST_GREEN = 20.0, 10.0, 5.0  # of through traffic; of protected turns alone; of anybody [s]
AMBER, CLEARANCE, RED_AMBER = 3.0, 2.0, 1.0  # [s]
LONGEST_CYCLE = 90.0  # [s]
WALK, WALK_CLEARANCE = 10.0, 8.0  # of a stage for people only: 8 s at 1.2 m/s are some 10 m [s]
SHORTEST_WALK = 5.0  # of people who share a stage with vehicles [s]
_CHANGE = AMBER + CLEARANCE


def _lamps_of(lights: list[Signal], controllers: dict[str, list[str]]) -> list[list[str]]:
    """Return the lamps that each light of a place shows: its controllers', or one of all walkers.

    Without controllers lights that stop a lane in common share one, since that lane obeys only one of them.
    """
    lamp_of_lane: dict[str, str] = {}
    free = [light for light in lights if not controllers.get(light.name) and not light.is_walker_light]
    for light in free:
        joined = {lamp_of_lane[lane] for lane in light.approaches if lane in lamp_of_lane}
        name = f"lanes of {light.name}"
        for lane in [*light.approaches, *(lane for lane, lamp in lamp_of_lane.items() if lamp in joined)]:
            lamp_of_lane[lane] = name

    def lamps(light: Signal) -> list[str]:
        named = controllers.get(light.name)
        if named:
            return [f"controller {name}" for name in named]
        if light.is_walker_light:
            return ["walkers"]
        return [next((lamp_of_lane[lane] for lane in light.approaches if light.junctions), "vehicles")]

    return [lamps(light) for light in lights]


def _crossing_controllers(
    lights: list[Signal], ways: list[list[Way]], controllers: dict[str, list[str]], overlapping: set[frozenset[str]]
) -> set[str]:
    """Return the controllers of a place that hold lights of crossing traffic, remarking them: they are no one lamp."""
    members: dict[str, list[int]] = {}
    for k, light in enumerate(lights):
        for name in controllers.get(light.name, ()):
            members.setdefault(name, []).append(k)
    crossing = set()
    for name, own in members.items():
        lamps = [Lamp(lights[k].name, tuple(ways[k])) for k in own]
        for i, lamp in enumerate(lamps):
            other = next((one for one in lamps[:i] if excludes(lamp, one, overlapping)), None)
            if other is not None:
                crossing.add(name)
                lights[own[i]].element.remark(
                    "shares a controller with a light of crossing traffic: they change apart",
                    f"lights '{other.name}' and '{lamp.name}', controller '{name}'",
                )
                break
    return crossing


def _ways(signal: Signal, by_name: dict[str, LaneDraft], right_hand: dict[str, bool], junction: int) -> list[Way]:
    """Return the ways through a junction that a light opens."""
    ways = []
    for approach in signal.approaches.values():
        for name in approach.successors:
            first = by_name[name]
            if first.junction != junction:
                continue
            lanes, waiting = dict.fromkeys([name]), [name]
            while waiting:  # connecting roads may consist of several lanes in a row
                inside = [n for n in by_name[waiting.pop()].successors if by_name[n].junction == junction]
                waiting += [n for n in inside if n not in lanes]
                lanes.update(dict.fromkeys(inside))
            across = Turn.LEFT if right_hand.get(name, True) else Turn.RIGHT
            ways.append(Way(approach.name, tuple(lanes), end_heading(approach.points), first.turn == across))
    return ways


def _overlapping(names: list[str], by_name: dict[str, LaneDraft]) -> set[frozenset[str]]:
    """Return the pairs of lanes whose areas overlap."""
    if len(names) < 2:
        return set()
    position, width, _, _, first = join_points([by_name[name] for name in names])
    s, heading, curvature = (np.zeros(len(position)) for _ in range(3))
    measure_lanes(position, first, s, heading, curvature)
    pairs = np.stack(np.triu_indices(len(names), 1), axis=1).astype(np.int32)
    ranges, found = np.zeros((len(pairs), 4)), np.zeros(len(pairs), np.bool_)
    pair_conflicts(position, heading, width, s, first, pairs, ranges, found)
    return {frozenset((names[a], names[b])) for a, b in pairs[found].tolist()}


class _Stage:
    """One part of a cycle: whose lamps are green in it, and for how long."""

    def __init__(self, lamps: set[str], walkers_only: bool, is_turn: bool, is_walked: bool = False) -> None:
        self.lamps = lamps
        self.walkers_only = walkers_only
        self.shortest = SHORTEST_WALK + WALK_CLEARANCE if is_walked else SHORTEST_GREEN
        self.green = WALK if walkers_only else max(self.shortest, TURN_GREEN if is_turn else GREEN)
        self.change = WALK_CLEARANCE if walkers_only else _CHANGE


def _fit(stages: list[_Stage]) -> None:
    """Shorten the green of vehicles so that the cycle keeps to `LONGEST_CYCLE`, if the shortest green allows it."""
    fixed = sum(stage.change + (stage.green if stage.walkers_only else stage.shortest) for stage in stages)
    spare = sum(stage.green - stage.shortest for stage in stages if not stage.walkers_only)
    share = min(1.0, max(0.0, (LONGEST_CYCLE - fixed) / spare)) if spare > 0.0 else 1.0
    for stage in stages:
        if not stage.walkers_only:
            stage.green = stage.shortest + float(np.floor(share * (stage.green - stage.shortest)))


def _program(stages: list[_Stage], own: set[str], walker: bool) -> list[tuple[float, SignalColor]]:
    """Return what one light shows over a cycle; whoever is green in the next stage too stays so in between."""
    shown: list[tuple[float, SignalColor]] = []
    for k, stage in enumerate(stages):
        length = stage.green + stage.change
        following = stages[(k + 1) % len(stages)]
        if not own & stage.lamps:
            shown.append((length, SignalColor.RED))
        elif walker:
            green = stage.green if stage.walkers_only else max(0.0, length - _CHANGE - WALK_CLEARANCE)
            shown += [(green, SignalColor.GREEN), (length - green, SignalColor.RED)]
        elif own & following.lamps and len(stages) > 1:
            shown.append((length, SignalColor.GREEN))
        else:
            shown += [(stage.green, SignalColor.GREEN), (AMBER, SignalColor.AMBER), (CLEARANCE, SignalColor.RED)]
    merged: list[tuple[float, SignalColor]] = []
    for duration, color in shown:
        if merged and merged[-1][1] == color:
            duration += merged.pop()[0]
        if duration > 0.0:
            merged.append((duration, color))
    if walker:
        return merged
    return _with_red_amber(merged)


def _with_red_amber(shown: list[tuple[float, SignalColor]]) -> list[tuple[float, SignalColor]]:
    """Turn the last second of every red before a green into red and amber; the cycle's end precedes its start."""
    result: list[tuple[float, SignalColor]] = []
    for k, (duration, color) in enumerate(shown):
        following = shown[(k + 1) % len(shown)][1]
        if color == SignalColor.RED and following == SignalColor.GREEN and duration > RED_AMBER:
            result += [(duration - RED_AMBER, color), (RED_AMBER, SignalColor.RED_AMBER)]
        else:
            result.append((duration, color))
    return result


def _stages(
    lamps: dict[str, list[Way]], walkers_only: dict[str, bool], walked: set[str], overlapping: set[frozenset[str]]
) -> list[_Stage]:
    """Return the stages of a place: those of its vehicles, then one for people with lights of their own.

    Args:
        lamps: The ways that each opens, in the order in which they should become green.
        walkers_only: Whether a lamp has lights for people alone.
        walked: Lamps that have lights for people at all.
        overlapping: Pairs of lanes whose areas overlap.
    """
    driven = [Lamp(name, tuple(ways)) for name, ways in lamps.items() if not walkers_only[name]]
    stages = []
    for members in deal_stages(driven, overlapping):
        is_turn = all(driven[i].is_protected for i in members)
        names = {driven[i].name for i in members}
        stages.append(_Stage(names, False, is_turn, bool(names & walked)))
    walking = {name for name in lamps if walkers_only[name]}
    if walking:
        stages.append(_Stage(walking, True, False))
    if len(stages) == 1:
        stages.append(_Stage(set(), False, False))  # a light has to be red at times
    _fit(stages)
    return stages


def draw_lights(model: OpenDrive, lanes: LaneMap, signals: list[Signal]) -> list[SignalDraft]:
    """Give every light a program; lights that guard one junction share a cycle."""
    lights = [signal for signal in signals if signal.is_light]
    controllers: dict[str, list[str]] = {}
    for name, members in model.controllers.items():
        for member in members:
            controllers.setdefault(member, []).append(name)
    by_name = {draft.name: draft for draft in lanes.drafts}
    right_hand = {
        span.draft.name: model.roads[node[0]].right_hand for node, spans in lanes.spans.items() for span in spans
    }
    places: dict[str, list[Signal]] = {}
    for light in lights:
        guarded = next(iter(light.junctions), None)
        places.setdefault(f"junction {guarded}" if guarded is not None else f"road {light.road.id}", []).append(light)

    drafts = []
    for place, here in places.items():
        kind, _, name = place.partition(" ")
        junction = model.junctions.get(name) if kind == "junction" else None
        order = [f"controller {c}" for c in junction.controllers] if junction is not None else []
        ways: dict[str, list[Way]] = {}
        walkers_only: dict[str, bool] = {}
        walked: set[str] = set()
        ways_of = [
            _ways(light, by_name, right_hand, junction.index) if junction and not light.is_walker_light else []
            for light in here
        ]
        used = dict.fromkeys(lane for opened in ways_of for way in opened for lane in way.lanes)
        overlapping = _overlapping(list(used), by_name)
        crossing = _crossing_controllers(here, ways_of, controllers, overlapping)
        kept = {light: [n for n in named if n not in crossing] for light, named in controllers.items()}
        lamps_of = _lamps_of(here, kept)
        for light, lamps, opened in zip(here, lamps_of, ways_of, strict=True):
            for lamp in lamps:
                walkers_only[lamp] = walkers_only.get(lamp, True) and light.is_walker_light
                walked |= {lamp} if light.is_walker_light else set()
                ways.setdefault(lamp, []).extend(opened)
        ordered = dict.fromkeys([*(lamp for lamp in order if lamp in ways), *ways])
        stages = _stages({lamp: ways[lamp] for lamp in ordered}, walkers_only, walked, overlapping)
        for light, own in zip(here, lamps_of, strict=True):
            drafts.append(
                SignalDraft(
                    name=light.name,
                    position=light.center(),
                    heading=light.facing(),
                    program=_program(stages, set(own), light.is_walker_light),
                    group=f"{place}: {', '.join(own)}{' (walkers)' if light.is_walker_light else ''}",
                )
            )
    return drafts
