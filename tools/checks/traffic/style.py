"""Drivers of a preset against recordings that its fit did not see, as a page of the documentation."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from simengine.core.errors import ScenarioError
from simengine.core.text.wording import counted
from simengine.scenario.spec import DriverSpread
from simengine.verify.recorded_style.command import MEASURED_SEED, preset_drivers
from simengine.verify.recorded_style.quantities import RATE
from simengine.verify.recorded_style.roads import read_road
from simengine.verify.recorded_style.sites import Sites, recordings, refuse_too_few, split, with_vehicles
from simengine.verify.recorded_style.table import BOUND, SiteTable, StyleRow, measure_sites
from tools.checks.table import Row

PRESET, USUAL = "recorded_style", "normal"
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
- *In the long run.* At the speeds of recorded samples whose vehicle is as fast as the one it follows, to 1 m/s, the
  gaps of drawn drivers in the IDM's equilibrium are compared with the recorded ones. The fit counts this distance like
  the others, since drivers who like to be nearer would not show it within seconds. It has no bound of its own.
- *The distance* is Wasserstein-1: the area between the distribution functions; of the rate of lane changes (per
  vehicle and minute) the difference. Its interval is that of 200 resamples of the vehicles, the same on both sides.
- *The floor* is the mean W1 between disjoint halves of a site's recordings, over all splits (at most 500). Of rates
  it is the mean difference between halves if changes come at random at the recorded rate (half a change added, so
  that it is never zero). The *floor of vehicles* is between halves of the held-out vehicles together, which share
  their traffic: it is lower, and told because halves of two or three recordings differ by the traffic they show.
- *Recording-disjoint.* Recordings of a site that share a vehicle (same id and size) are one group; every second group
  is held out. Draws of the table are none of the fit's.

## What the figures do not say

- *Weak:* two recordings of USA_Peach and three of USA_Lanker make one and three splits into halves. Their floors rest
  on these alone and are wide, as the signals differ more than the drivers do: keeping to them says little. Look at
  the floor of vehicles there, which is lower; what is beyond twice that is named under *What was found*.
- *Weak:* jerk has no bound, and is up to three floors away. It is mostly noise of the recordings.
- *Weak:* the gaps that drivers settle at miss the recorded ones by meters, to either side (see the list above), and at
  USA_Peach by more than those of `traffic=normal`.
- *Weak:* the held-out recordings are no untouched set. How time gaps are dealt and that gaps of the long run count was
  chosen by results on the fitted recordings, but with the tables of the held-out ones known: these may flatter.
- *Weak:* headways and gaps are in good part those of the start, since recordings last seconds and drivers who like a
  longer time gap get the vehicles that start with one. An episode with this preset deals its drivers at random.
- *Weak:* acceleration, braking and noise of the preset partly fit the noise of the recordings: drivers gain speed more
  quickly than cars usually do. Jams, junctions and hours of traffic are not compared; `traffic-maps` does not run it.
- A search follows small differences: from other driving code the same command may end at other drivers that are as
  near. The figures here are of the preset as it is, driven by the present code.
- Positions of these recordings carry noise that a 1 s filter leaves in part. The drivers' own noise makes up for it
  too: it is partly that of the recordings, not only that of people.
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
        ScenarioError: One of them cannot be read, or they show too few vehicles.
    """
    roads = [read_road(path) for path in recordings(paths or [str(default)])]
    fitted, held_out = split(roads)
    refuse_too_few(fitted)
    held_out = with_vehicles(held_out)
    if not held_out:
        raise ScenarioError("no recording is held out; give two or more of a site that show different vehicles")
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


def _row(line: StyleRow, usual: StyleRow, again: StyleRow) -> str:
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
            f"Held out: {names}; {counted(table.vehicles, 'vehicle')} driven and compared, "
            f"{table.seconds:.0f} vehicle-seconds. "
            f"Pairs that touch: {table.touched:.1f} a world (`traffic=normal`: {usual.touched:.1f}).", "",
            head, "|---|" + "---:|" * 9,
            *(_row(*three) for three in zip(table.lines, usual.lines, again.lines, strict=True)), "",
        ]  # fmt: skip
    lines += _about(found)
    return "\n".join(lines)


def _long_run(found: Measured) -> list[str]:
    """Return the gaps that drivers settle at, at each site, beside the steady recorded ones."""
    return [
        f"- {table.site}: {table.settled[0]:.1f} m, recorded {table.settled[1]:.1f} m, W1 {table.settled[2]:.1f} m; "
        f"`traffic=normal`: {usual.settled[0]:.1f} m, W1 {usual.settled[2]:.1f} m"
        for table, usual in zip(found.tables, found.usual, strict=True)
    ]


def _about(found: Measured) -> list[str]:
    """Return what the tables mean."""
    missing = [line for table in found.tables for line in table.lines if line.bounded and not line.good]
    bounded = [line for table in found.tables for line in table.lines if line.bounded]
    told = ", ".join(f"{line.name} at {line.site} ({line.distance / line.floor:.1f})" for line in missing)
    kept = f"{len(bounded) - len(missing)} of {len(bounded)} distances are at most twice their floor"
    beyond = ", ".join(
        f"{line.name} at {line.site} ({line.distance / line.vehicle_floor:.2f})"
        for line in bounded if line.distance > BOUND * line.vehicle_floor
    )  # fmt: skip
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
        f"Beyond twice the floor of vehicles, which is no bound: {beyond or 'none'}.", "",
        f"The drivers: {drivers}.", "",
        "Fitted to:", "", *fitted, "",
        "Recordings last seconds. Mean gaps that drivers settle at in the long run at the recorded speeds (the IDM's",
        "equilibrium, without noise), beside those of recorded vehicles that keep up with whom they follow:", "",
        *_long_run(found), "",
        "On these recordings themselves W1 is (in floors):", "", *seen, "",
        _HOW,
    ]  # fmt: skip
