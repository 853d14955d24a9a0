"""Programmes for traffic lights: OpenDRIVE says which lights belong together, not when they change.

The controllers of a junction get green one after the other, in the order of their sequence. Times: amber 3 s as at
50 km/h, red and amber 1 s (German RiLSA 2015); green and clearance are usual values.
"""

from simengine.road.build import SignalDraft
from simengine.road.network import SignalColor
from simengine.road.opendrive.model import OpenDrive
from simengine.road.opendrive.signals import Signal

GREEN, AMBER, CLEARANCE, RED_AMBER = 15.0, 3.0, 2.0, 1.0  # of vehicles [s]
WALK, WALK_CLEARANCE = 10.0, 8.0  # of a phase for people only: 8 s at 1.2 m/s are some 10 m [s]
Phase = tuple[str, bool]  # name, for people only


def _phases_of(signal: Signal, controllers: dict[str, list[str]]) -> list[str]:
    """Return the phases in which a light is green: its controllers', else one for its road, or one for all walkers."""
    named = controllers.get(signal.name)
    if named:
        return [f"controller {name}" for name in named]
    if signal.is_walker_light:
        return ["walkers"]
    return [f"road {next(iter(signal.roads), signal.road.id)}"] if signal.junctions else ["vehicles"]


def _programme(phases: list[Phase], own: set[str], walker: bool) -> list[tuple[float, SignalColor]]:
    """Return what one light shows over a cycle."""
    shown: list[tuple[float, SignalColor]] = []
    for name, walkers_only in phases:
        length = WALK + WALK_CLEARANCE if walkers_only else GREEN + AMBER + CLEARANCE
        if name not in own:
            shown.append((length, SignalColor.RED))
        elif walker:
            green = WALK if walkers_only else GREEN - WALK_CLEARANCE
            shown += [(green, SignalColor.GREEN), (length - green, SignalColor.RED)]
        else:
            shown += [(GREEN, SignalColor.GREEN), (AMBER, SignalColor.AMBER), (CLEARANCE, SignalColor.RED)]
    merged: list[tuple[float, SignalColor]] = []
    for duration, color in shown:
        if merged and merged[-1][1] == color:
            duration += merged.pop()[0]
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


def draw_lights(model: OpenDrive, signals: list[Signal]) -> list[SignalDraft]:
    """Give every light a programme; lights that guard one junction share a cycle."""
    lights = [signal for signal in signals if signal.is_light]
    controllers: dict[str, list[str]] = {}
    for name, members in model.controllers.items():
        for member in members:
            controllers.setdefault(member, []).append(name)
    places: dict[str, list[Signal]] = {}
    for light in lights:
        junction = next(iter(light.junctions), None)
        places.setdefault(f"junction {junction}" if junction is not None else f"road {light.road.id}", []).append(light)

    drafts = []
    for place, here in places.items():
        kind, _, name = place.partition(" ")
        junction = model.junctions.get(name) if kind == "junction" else None
        order = [f"controller {c}" for c in junction.controllers] if junction is not None else []
        found: dict[str, bool] = {}  # phase → all its lights are for walkers
        for light in here:
            for phase in _phases_of(light, controllers):
                found[phase] = found.get(phase, True) and light.is_walker_light
        named = dict.fromkeys([*(phase for phase in order if phase in found), *found])
        phases: list[Phase] = [(phase, found[phase]) for phase in named]
        if len(phases) == 1:
            phases.append(("nobody", False))
        for light in here:
            own = _phases_of(light, controllers)
            drafts.append(
                SignalDraft(
                    name=light.name,
                    position=light.center(),
                    heading=light.facing(),
                    programme=_programme(phases, set(own), light.is_walker_light),
                    group=f"{place}: {', '.join(own)}{' (walkers)' if light.is_walker_light else ''}",
                )
            )
    return drafts
