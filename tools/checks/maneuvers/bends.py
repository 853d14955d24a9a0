"""The maneuvers in bends, each driven in both published models and in our physics, and judged."""

from collections.abc import Iterator

from simengine.physics.vehicle.catalog import model_named
from tools.checks.maneuvers import inputs, lane_change, stops
from tools.checks.maneuvers.actuators import after_actuators
from tools.checks.maneuvers.cells import Row, compare, without_answer
from tools.checks.maneuvers.inputs import STEP, Maneuver
from tools.checks.maneuvers.ours import drive
from tools.checks.maneuvers.reference import Reference, drive_multi_body, drive_single_track

BENDS = {
    "step-steer": inputs.step_steers,
    "ramp-steer": inputs.ramp_steers,
    "sine-with-dwell": inputs.sines_with_dwell,
    "lane-change": lane_change.lane_changes,
    "constant-radius": inputs.constant_radii,
    "brake-in-turn": inputs.brakes_in_turn,
    "throttle-off": inputs.throttles_off,
    "j-turn": inputs.j_turns,
}
MANEUVERS = (*BENDS, "full-stop", "split-friction", "hill-start")


def bend_rows(reference: Reference, maneuver: Maneuver, physics: tuple[str, ...]) -> Iterator[Row]:
    """Compare one maneuver."""
    given = after_actuators(model_named(reference.model), maneuver.steering, maneuver.acceleration, STEP)
    try:
        single_track = drive_single_track(reference, given, maneuver.speed)
        multi_body = drive_multi_body(reference, given, maneuver.speed)
    except ArithmeticError as error:
        yield from without_answer(maneuver.title, physics, error)
        return
    friction = (reference.friction, reference.friction)
    for name in physics:
        ours = drive(name, reference.model, maneuver.steering, maneuver.acceleration, maneuver.speed, friction, STEP)
        yield compare(maneuver.title, name, ours, single_track, multi_body)


def rows(reference: Reference, names: tuple[str, ...], physics: tuple[str, ...]) -> Iterator[Row]:
    """Yield the rows of maneuvers of `MANEUVERS`, each in every physics named."""
    for name in names:
        if name in BENDS:
            for maneuver in BENDS[name](reference):
                yield from bend_rows(reference, maneuver, physics)
        elif name == "full-stop":
            for stop in stops.full_stops(reference):
                yield from stops.stop_rows(reference, stop, physics)
        elif name == "split-friction":
            for maneuver in stops.split_brakes(reference):
                yield from stops.split_rows(reference, maneuver, physics)
        else:
            yield from stops.hill_rows(reference, physics)
