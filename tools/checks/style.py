"""Drivers of a preset against recordings that its fit did not see, as a page of the documentation."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simengine.behavior.idm import EXPONENT, equilibrium_gap
from simengine.scenario.spec import DriverSpread
from simengine.verify.recorded_style.command import MEASURED_SEED, preset_drivers
from simengine.verify.recorded_style.quantities import RATE
from simengine.verify.recorded_style.roads import read_road
from simengine.verify.recorded_style.sites import Sites, recordings, split
from simengine.verify.recorded_style.table import BOUND, Line, SiteTable, measure_sites
from tools.checks.table import Row

PRESET, USUAL = "recorded_style", "normal"
USUAL_MIN_GAP = 2.0  # of a car, `behavior.memory` [m]
SEEDS = (MEASURED_SEED + 1, MEASURED_SEED + 2)  # none that a fit draws with; the second shows the spread

_HOW = """\
## How it is measured

- *The same start.* The vehicles of a recording start where, when and as fast as it has them first, on its map, and
  our drivers drive them from there in `physics=batched`, in eight worlds with other drivers each.
- *What the file does not say.* A vehicle with nobody recorded ahead of it responds to something beyond the file: a
  signal, a vehicle beyond the map's edge. It follows its recording, goes straight on at its last speed once that is
  over, and is not compared; neither is who follows the vehicle that the file leaves out for its planning problem. If
  such a vehicle comes up behind a driven one, our drivers take it over. The road goes on beyond the edge.
- *Who drives which vehicle.* Drivers are drawn from the preset; among a recording's vehicles those who like a longer
  time gap get the vehicles that start with a longer one, as they would be found on a road. Nothing after the start is
  looked at.
- *The same measure.* One function takes positions and headings at the recording's rate, recorded or driven, up to
  where the recording ends. Speed is the slope of the positions fitted over 1 s; acceleration the slope over 1 s of
  their differences; jerk the slope over 1 s of that. Stored speeds are not used: they contradict the positions. The
  gap is from bumper to bumper to the nearest vehicle ahead on the lane and those it leads to, within 100 m; the
  headway is gap and own length over the speed, from 3 m/s. A change of lane counts if it lasts 1 s.
- *The distance* is Wasserstein-1: the area between the distribution functions; of the rate of lane changes (per
  vehicle and minute) the difference. Its interval is that of 200 resamples of the vehicles, the same on both sides.
- *The floor* is the mean W1 between disjoint halves of a site's recordings, over all splits (at most 500). Of rates
  it is the mean difference between halves if changes come at random at the recorded rate (half a change added, so
  that it is never zero). The *floor of vehicles* is between halves of the held-out vehicles together, which share
  their traffic: it is lower, and told because halves of two or three recordings differ by the traffic they show.
- *Recording-disjoint.* Recordings of a site that share a vehicle (same id and size) are one group; every second group
  is held out. Draws of the table are none of the fit's.

## What the figures do not say

- Two recordings of USA_Peach and three of USA_Lanker make two and three halves: their floors are wide, as the signals
  differ more than the drivers do, and keeping to them says little. Look at the floor of vehicles there.
- Positions of these recordings carry noise that a 1 s filter leaves in part. The drivers' own noise makes up for it
  too: it is that of the recordings, not only that of people.
- Recordings last 1.5 to 10.5 s: what takes longer, such as waves through a jam, is not compared. Speeds and gaps
  start as recorded and drift apart only so far.
- All vehicles are typed as cars. On USA_US101 traffic is dense: how fast its drivers would like to go, the recordings
  hardly tell.
"""


class Measured(NamedTuple):
    """What was found."""

    fitted: Sites
    held_out: Sites
    drivers: DriverSpread
    tables: list[SiteTable]  # held out
    again: list[SiteTable]  # the same with another seed
    usual: list[SiteTable]  # held out, with everyday traffic
    seen: list[SiteTable]  # those that were fitted to


def measure(paths: Sequence[str], default: Path) -> Measured:
    """Measure the preset, and everyday traffic beside it.

    Args:
        paths: Recordings, or folders of them.
        default: The folder where none are given.

    Raises:
        ScenarioError: One of them cannot be read.
    """
    roads = [read_road(path) for path in recordings(paths or [str(default)])]
    fitted, held_out = split(roads)
    every = {site: fitted.get(site, []) + held_out.get(site, []) for site in fitted}
    drivers = preset_drivers(PRESET)
    return Measured(
        fitted, held_out, drivers,
        measure_sites(held_out, every, drivers, SEEDS[0]),
        measure_sites(held_out, every, drivers, SEEDS[1]),
        measure_sites(held_out, every, preset_drivers(USUAL), SEEDS[0]),
        measure_sites(fitted, every, drivers, SEEDS[0]),
    )  # fmt: skip


def rows(found: Measured) -> Iterator[Row]:
    """Return the figures that have a bound."""
    for table in found.tables:
        for line in table.lines:
            if line.bounded:
                note = f"floor {line.floor:.3g}, {line.distance / line.floor:.2f} of it"
                yield Row(f"{table.site}: {line.name}", line.distance, BOUND * line.floor, line.unit, note=note)


def _pair(value: tuple[float, float], name: str) -> str:
    return f"{value[0]:.2f}" if name == RATE else f"{value[0]:.2f} ± {value[1]:.2f}"


def _range(value: tuple[float, float]) -> str:
    return "–" if not math.isfinite(value[0]) else f"{value[0]:.2f} to {value[1]:.2f}"


def _row(line: Line, usual: Line, again: Line) -> str:
    mark = ("kept" if line.good else "**missed**") if line.bounded else "not bounded"
    floor = f"{line.floor:.2f}" if line.name == RATE else f"{line.floor:.2f} ({_range(line.floors)})"
    return (
        f"| {line.name} [{line.unit}] | {_pair(line.recorded, line.name)} | {_pair(line.driven, line.name)} "
        f"| {line.distance:.2f} ({_range(line.interval)}) | {again.distance:.2f} | {usual.distance:.2f} | {floor} "
        f"| {line.vehicle_floor:.2f} | {line.distance / line.floor:.2f} | {mark} |"
    )


def as_markdown(found: Measured, command: str) -> str:
    """Return the page."""
    lines = [
        "# Drivers like those of recorded traffic", "",
        "`traffic=recorded_style` has drivers fitted by `simengine fit` to recordings of three sites. This page tells",
        "how far traffic driven by them is from recordings that the fit did not see. How it is measured, and what the",
        "figures do not say, is told below the tables.", "",
        f"Made by `{command}`.", "",
    ]  # fmt: skip
    head = (
        "| quantity | recorded | driven | W1 (90 %) | other seed | `traffic=normal` | floor (90 % of splits) "
        "| floor of vehicles | W1 / floor | at most 2 |"
    )
    for table, again, usual in zip(found.tables, found.again, found.usual, strict=True):
        names = ", ".join(road.name for road in found.held_out[table.site])
        lines += [
            f"## {table.site}", "",
            f"Held out: {names}; {table.vehicles} vehicles driven and compared, {table.seconds:.0f} vehicle-seconds. "
            f"{table.touched:.1f} pairs touch (`traffic=normal`: {usual.touched:.1f}).", "",
            head, "|---|" + "---:|" * 9,
            *(_row(*three) for three in zip(table.lines, usual.lines, again.lines, strict=True)), "",
        ]  # fmt: skip
    lines += _about(found)
    return "\n".join(lines)


def _long_run(found: Measured) -> list[str]:
    """Return the gap that the mean driver keeps in equilibrium at each site beside the recorded one."""
    lines, drivers = [], found.drivers
    for table in found.tables:
        told = {line.name: line for line in table.lines}
        roads = found.held_out[table.site]
        limit = float(np.mean([np.median(road.network.lane_speed_limit) for road in roads]))
        speed = told["speed"].recorded[0]
        gap = equilibrium_gap(
            speed, drivers.desired_speed * limit, drivers.time_gap, drivers.min_gap * USUAL_MIN_GAP, EXPONENT
        )
        lines.append(f"- {table.site}: {gap:.1f} m at {speed:.1f} m/s; recorded {told['gap'].recorded[0]:.1f} m")
    return lines


def _about(found: Measured) -> list[str]:
    """Return what the tables mean."""
    missing = [line for table in found.tables for line in table.lines if line.bounded and not line.good]
    bounded = [line for table in found.tables for line in table.lines if line.bounded]
    told = ", ".join(f"{line.name} at {line.site} ({line.distance / line.floor:.1f})" for line in missing)
    kept = f"{len(bounded) - len(missing)} of {len(bounded)} distances are at most twice their floor"
    seen = [
        f"- {table.site}: "
        + ", ".join(f"{line.name} {line.distance:.2f} ({line.distance / line.floor:.1f})" for line in table.lines)
        for table in found.seen
    ]
    drivers = ", ".join(f"`{name}` {value}" for name, value in found.drivers.model_dump().items())
    fitted = [f"- {site}: {', '.join(road.name for road in roads)}" for site, roads in found.fitted.items()]
    return [
        "## What was found", "",
        f"{kept}" + (f"; missed: {told}." if missing else "."), "",
        f"The drivers: {drivers}.", "",
        "Fitted to:", "", *fitted, "",
        "Recordings last seconds. What the mean driver keeps in the long run at the recorded mean speed (the IDM's",
        "equilibrium, without noise), beside the recorded mean gap of the held-out vehicles:", "",
        *_long_run(found), "",
        "On these recordings themselves W1 is (in floors):", "", *seen, "",
        _HOW,
    ]  # fmt: skip
