"""Library scenarios recorded and checked: a table of what was looked at and what of it is wrong."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tools.checks.recorded import classes, ego, fixes, frames, lights, motion, outcome, weather
from tools.checks.recorded.file import RecordedFile
from tools.checks.recorded.found import Found
from tools.checks.recorded.noisy_recording import write

_RIG = ("sensors=small", "sensors.camera_front.layers=[flow]", "sensors.camera_front.rate_hz=5")


class RecordingCase(NamedTuple):
    """One recording to make."""

    name: str  # in the table
    scenario: str  # of the library
    settings: tuple[str, ...]
    recording: bool = False  # traffic is replayed from a file
    seed: int = 1


CASES = (
    RecordingCase("jaywalker", "urban/jaywalker", ("pedestrians=some", "scenario.duration=8")),
    RecordingCase("occluded child, night rain", "urban/occluded_child", ("weather=night_rain", "scenario.duration=6")),
    RecordingCase("red-light runner", "urban/red_light_runner", ("physics=batched", "scenario.duration=20"), seed=1034),
    RecordingCase("fog pile-up", "highway/fog_pileup", ("scenario.duration=8",)),
    RecordingCase("lost cargo, heavy rain", "highway/lost_cargo", ("weather=heavy_rain", "scenario.duration=8")),
    RecordingCase("deer", "rural/deer_crossing", ("scenario.duration=8", "recorder.leave_out=[lidar_top/ring]")),
    RecordingCase("warehouse", "warehouse/person_steps_out", ("scenario.duration=8",)),
    RecordingCase(
        "recorded traffic", "drive", ("road=commonroad", "traffic=replay", "scenario.duration=7"), recording=True
    ),
)
CHECKS: dict[str, Callable[[RecordedFile], Found]] = {
    "ids are used once": motion.ids,
    "velocity = change of position": motion.velocities,
    "acceleration = change of velocity": motion.accelerations,
    "yaw rate = change of heading": motion.yaw_rates,
    "parked: still, dark": motion.parked,
    "brake lamps = braking": motion.brake_lamps,
    "head lamps = weather": weather.head_lamps,
    "boxes = states, sizes constant": frames.poses,
    "velocity of boxes = states": classes.box_velocities,
    "classes = kinds": classes.semantics,
    "instances are listed": frames.instances,
    "2-D boxes = masks": frames.image_boxes,
    "pixels by depth in 3-D boxes": frames.depths,
    "LiDAR hits = points": frames.hits,
    "LiDAR points in 3-D boxes": frames.points,
    "flow = motion": frames.flows,
    "sensors fixed to the ego": ego.ego_frames,
    "fixes = the map's datum": fixes.satellite_fixes,
    "inertial sums = motion": ego.inertial,
    "signals": lights.signals,
    "traffic stops at red": lights.red_lights,
    "collisions = boxes that meet": outcome.collisions,
    "intervals in the episode": outcome.intervals,
    "messages = schemas": outcome.schemas,
}
_EVERYWHERE = (
    "ids are used once", "velocity = change of position", "acceleration = change of velocity",
    "yaw rate = change of heading", "boxes = states, sizes constant", "velocity of boxes = states", "classes = kinds",
    "instances are listed", "2-D boxes = masks", "LiDAR hits = points", "flow = motion", "sensors fixed to the ego",
    "fixes = the map's datum", "inertial sums = motion", "intervals in the episode", "messages = schemas",
)  # fmt: skip
_LAMPS = ("brake lamps = braking", "head lamps = weather")
_ROAD = (*_LAMPS, "pixels by depth in 3-D boxes", "LiDAR points in 3-D boxes")
# What has to have been looked at in each of the cases: a check that sees nothing finds nothing.
LOOKED_AT: dict[str, tuple[str, ...]] = {
    "jaywalker": (*_EVERYWHERE, *_ROAD, "parked: still, dark", "collisions = boxes that meet"),
    "occluded child, night rain": (*_EVERYWHERE, *_ROAD, "parked: still, dark", "collisions = boxes that meet"),
    "red-light runner": (
        *_EVERYWHERE, *_ROAD, "signals", "traffic stops at red", "collisions = boxes that meet",
    ),
    "fog pile-up": (*_EVERYWHERE, *_ROAD),
    "lost cargo, heavy rain": (*_EVERYWHERE, *_ROAD),
    "deer": (*_EVERYWHERE, *_LAMPS),
    "warehouse": _EVERYWHERE,
    "recorded traffic": (*_EVERYWHERE, *_ROAD),
}  # fmt: skip


def check_file(path: Path, name: str = "") -> dict[str, Found]:
    """Return what every check finds in a recorded file.

    Args:
        path: The file.
        name: Of the case that it is of; what this case has to show and does not is an error.
    """
    file = RecordedFile(path)
    return {what: _looked(what, _found_by(what, file), LOOKED_AT.get(name, ())) for what in CHECKS}


def _found_by(what: str, file: RecordedFile) -> Found:
    try:
        return CHECKS[what](file)
    except (KeyError, IndexError) as error:  # a topic or a field that the check reads is not there
        return Found(1, 1, f"cannot be checked, something is missing: {type(error).__name__} {error}")


def _looked(what: str, found: Found, needed: Sequence[str]) -> Found:
    if what in needed and not found.checked:
        return Found(0, found.errors + 1, "there was nothing to look at, and has to be")
    return found


def make(case: RecordingCase, folder: Path, overrides: Sequence[str]) -> Path:
    """Record a case and return its file."""
    from simengine.scenario.sampling import load_scenario
    from simengine.simulation.loop.execution import record

    settings = [*_RIG, *case.settings]
    if case.recording:
        write(folder / "recording.xml")
        settings.append(f"road.file={folder / 'recording.xml'}")
    path = folder / f"{''.join(letter if letter.isalnum() else '_' for letter in case.name)}.mcap"
    record(load_scenario(case.scenario, [*settings, *overrides], case.seed), case.name, path)
    return path


def found_in(cases: Sequence[RecordingCase], folder: Path, overrides: Sequence[str]) -> Iterator[tuple[str, dict]]:
    """Record cases one after the other and yield each one's name and what was found."""
    for case in cases:
        yield case.name, check_file(make(case, folder, overrides), case.name)


def cell(found: Found) -> str:
    """Return what a table says of a check."""
    return f"{found.errors} of {found.checked:,}" if found.checked or found.errors else "–"


def as_markdown(table: dict[str, dict[str, Found]], command: str) -> str:
    """Return the page of the documentation."""
    names = list(table)
    lines = [
        "# Label checks on recorded files", "",
        "Each scenario is recorded with the small rig and checked by a program that reads nothing but the MCAP file,",
        "with the `mcap` package, JSON and the schemas in the file: no part of simengine. Cells: how many are wrong of",
        "how many looked at; – where a scenario has none of the kind. Where it has to have some, none is an error.", "",
        "A sweep takes 0.1 s, in which actors move and turn: a LiDAR point is looked for in its actor's box as that",
        "was when the point was measured, between the two recorded states around its time.", "",
        f"Made by `{command}`.", "",
        "| check | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names),
    ]  # fmt: skip
    for check in CHECKS:
        lines.append(f"| {check} | " + " | ".join(cell(table[name][check]) for name in names) + " |")
    errors = sum(found.errors for row in table.values() for found in row.values())
    checked = sum(found.checked for row in table.values() for found in row.values())
    lines += ["", f"In all {errors} errors in {checked:,} comparisons.", ""]
    return "\n".join(lines)
