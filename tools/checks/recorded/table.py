"""Library scenarios recorded and checked: a table of what was looked at and what of it is wrong."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tools.checks.recorded import ego, frames, motion, outcome
from tools.checks.recorded.file import RecordedFile
from tools.checks.recorded.found import Found
from tools.checks.recorded.noisy_recording import write

_RIG = ("sensors=small", "sensors.camera_front.layers=[flow]", "sensors.camera_front.rate_hz=5")


class Case(NamedTuple):
    """One recording to make."""

    name: str  # in the table
    scenario: str  # of the library
    settings: tuple[str, ...]
    recording: bool = False  # traffic is replayed from a file


CASES = (
    Case("jaywalker", "urban/jaywalker", ("pedestrians=some", "scenario.duration=8")),
    Case("occluded child, night rain", "urban/occluded_child", ("weather=night_rain", "scenario.duration=6")),
    Case("red-light runner", "urban/red_light_runner", ("physics=batched", "scenario.duration=20")),
    Case("fog pile-up", "highway/fog_pileup", ("scenario.duration=8",)),
    Case("lost cargo, heavy rain", "highway/lost_cargo", ("weather=heavy_rain", "scenario.duration=8")),
    Case("deer", "rural/deer_crossing", ("scenario.duration=8",)),
    Case("warehouse", "warehouse/person_steps_out", ("scenario.duration=8",)),
    Case("recorded traffic", "drive", ("road=commonroad", "traffic=replay", "scenario.duration=7"), recording=True),
)
CHECKS: dict[str, Callable[[RecordedFile], Found | None]] = {
    "ids are used once": motion.ids,
    "velocity = change of position": motion.velocities,
    "acceleration = change of velocity": motion.accelerations,
    "yaw rate = change of heading": motion.yaw_rates,
    "parked: still, dark": motion.parked,
    "brake lamps = braking": motion.brake_lamps,
    "boxes = states, sizes constant": frames.poses,
    "instances are listed": frames.instances,
    "2-D boxes = masks": frames.image_boxes,
    "pixels by depth in 3-D boxes": frames.depths,
    "LiDAR hits = points": frames.hits,
    "LiDAR points in 3-D boxes": frames.points,
    "flow = motion": frames.flows,
    "sensors fixed to the ego": ego.ego_frames,
    "fixes: one map": ego.satellite_fixes,
    "inertial sums = motion": ego.inertial,
    "signals": outcome.signals,
    "traffic stops at red": outcome.red_lights,
    "collisions = boxes that meet": outcome.collisions,
    "intervals in the episode": outcome.intervals,
    "messages = schemas": outcome.schemas,
}


def check_file(path: Path) -> dict[str, Found | None]:
    """Return what every check finds in a recorded file; None where the file has nothing that it could look at."""
    file = RecordedFile(path)
    return {name: check(file) for name, check in CHECKS.items()}


def make(case: Case, folder: Path, overrides: Sequence[str]) -> Path:
    """Record a case and return its file."""
    from simengine.scenario.sampling import load_scenario
    from simengine.simulation.simulator import record

    settings = [*_RIG, *case.settings]
    if case.recording:
        write(folder / "recording.xml")
        settings.append(f"road.file={folder / 'recording.xml'}")
    path = folder / f"{''.join(letter if letter.isalnum() else '_' for letter in case.name)}.mcap"
    record(load_scenario(case.scenario, [*settings, *overrides], seed=1), case.name, path)
    return path


def found_in(cases: Sequence[Case], folder: Path, overrides: Sequence[str]) -> Iterator[tuple[str, dict]]:
    """Record cases one after the other and yield each one's name and what was found."""
    for case in cases:
        yield case.name, check_file(make(case, folder, overrides))


def cell(found: Found | None) -> str:
    """Return what a table says of a check."""
    if found is None:
        return "n/a"
    return f"{found.errors} of {found.checked:,}" if found.checked else "–"


def as_markdown(table: dict[str, dict[str, Found | None]], command: str) -> str:
    """Return the page of the documentation."""
    names = list(table)
    lines = [
        "# Label checks on recorded files", "",
        "Each scenario is recorded with the small rig and checked by a program that reads nothing but the MCAP file,",
        "with the `mcap` package, JSON and the schemas in the file: no part of simengine. Cells: how many are wrong of",
        "how many looked at; – where a scenario has none of the kind, n/a where the file does not record it.", "",
        f"Made by `{command}`.", "",
        "| check | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names),
    ]  # fmt: skip
    for check in CHECKS:
        lines.append(f"| {check} | " + " | ".join(cell(table[name].get(check)) for name in names) + " |")
    errors = sum(found.errors for row in table.values() for found in row.values() if found is not None)
    checked = sum(found.checked for row in table.values() for found in row.values() if found is not None)
    lines += ["", f"In all {errors} errors in {checked:,} comparisons.", ""]
    return "\n".join(lines)
