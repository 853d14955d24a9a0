"""Traffic on many maps as a table: one row a map and physics, and every finding so that it can be replayed."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from simengine.core.errors import ConfigError, nearest
from simengine.core.text.printable_text import say
from simengine.simulation.jobs.runner import progress
from simengine.verify.flow_maps import MAPS, MapCase, MapRun, TrafficMap, run_maps
from simengine.verify.flow_watch import ASIDE, CYCLES, END, GRACE, LEAST_WAY, PATIENCE

PHYSICS = ("batched", "bullet")
BAD = ("collisions", "rolled", "standing", "off_lane")
OUT = ("out_standing", "out_overturned", "out_off_road", "out_wrecked")  # taken out; each is a fault of `BAD` too
FINDINGS = (*BAD, *OUT)
TOLD = ("waited", *FINDINGS)  # those that waited long are told and no fault
_HEADS = (
    "map", "physics", "runs", "vehicles", "leaving [1/h]", "mean speed [m/s]", "let in of demand", "waited long",
    "collisions", "rolled over", "standing", "off the lane", "out: standing", "out: overturned", "out: off road",
    "out: wrecked",
)  # fmt: skip


class MapRow(NamedTuple):
    """What all runs of one map in one physics showed."""

    name: str
    physics: str
    runs: tuple[MapRun, ...]
    refused: tuple[str, ...]  # why runs could not be made, or that the file is absent

    @property
    def good(self) -> bool:
        """Whether no vehicle collided, rolled over, stood for ever, left its lane or was taken out, in every run."""
        return bool(self.runs) and not self.refused and not any(self.count(what) for what in FINDINGS)

    def count(self, what: str) -> int:
        """Return how many findings of a kind there are."""
        return sum(len(getattr(run, what)) for run in self.runs)


def chosen_maps(names: Sequence[str] | None, folder: Path) -> list[TrafficMap]:
    """Return the maps of the table, or those named: of the table, or a road file.

    Raises:
        ConfigError: A name that is neither.
    """
    if not names:
        return list(MAPS)
    known, found = {place.name: place for place in MAPS}, []
    for name in names:
        if name in known:
            found.append(known[name])
        elif (folder / name).is_file() or Path(name).is_file():
            kind = "opendrive" if name.endswith(".xodr") else "commonroad"
            file = name if (folder / name).is_file() else str(Path(name).resolve())
            found.append(TrafficMap(Path(name).stem, file, (f"road={kind}", "traffic=town", "ego=sedan_town")))
        else:
            close = nearest(name, list(known))
            raise ConfigError(f"--map {name!r}: is neither a road file nor of the table{close}: {', '.join(known)}")
    return found


def rows(
    places: Sequence[TrafficMap],
    physics: Sequence[str],
    seeds: Sequence[int],
    seconds: float,
    folder: Path,
    workers: int,
) -> Iterator[MapRow]:
    """Run everything and yield a row when all its runs are there.

    Args:
        places: Maps.
        physics: Of `PHYSICS`.
        seeds: Of each map and physics.
        seconds: Of each run [s].
        folder: Of road files; a map whose file is absent gives a row that says so.
        workers: Processes.
    """
    there = [place for place in places if not place.file or (folder / place.file).is_file()]
    for place in places:
        if place not in there:
            yield from (MapRow(place.name, kind, (), (f"{place.file} is absent",)) for kind in physics)
    cases = [MapCase(place, kind, seed) for kind in physics for place in there for seed in seeds]
    made: dict[tuple[str, str], dict[int, MapRun | str]] = {}
    with progress(len(cases), "run") as bar:
        for case, found in run_maps(cases, folder, seconds, workers):
            runs = made.setdefault((case.place.name, case.physics), {})
            runs[case.seed] = found
            bar.update()
            say(f"    {case.place.name} {case.physics} {case.seed}: {_said(found)}", file=sys.stderr, flush=True)
            if len(runs) == len(seeds):
                results = [runs[seed] for seed in seeds]
                yield MapRow(
                    case.place.name,
                    case.physics,
                    tuple(run for run in results if isinstance(run, MapRun)),
                    tuple(run for run in results if isinstance(run, str)),
                )


def _said(found: MapRun | str) -> str:
    if isinstance(found, str):
        return found
    return ", ".join(f"{len(getattr(found, what))} {what}" for what in FINDINGS)


def cells(row: MapRow) -> list[str]:
    """Return the cells of a row of the table."""
    if not row.runs:
        return [row.name, row.physics, "; ".join(row.refused), *[""] * (len(_HEADS) - 3)]
    hours = sum(run.simulated for run in row.runs) / 3600.0
    weight = [run.vehicles * run.simulated for run in row.runs]
    speed = sum(w * run.mean_speed for w, run in zip(weight, row.runs, strict=True)) / max(sum(weight), 1e-9)
    arrived, admitted = sum(run.arrived for run in row.runs), sum(run.admitted for run in row.runs)
    refused = f" ({len(row.refused)} refused: {'; '.join(row.refused)})" if row.refused else ""
    return [
        row.name, row.physics, f"{len(row.runs)} × {min(run.simulated for run in row.runs):.0f} s{refused}",
        f"{sum(weight) / (3600.0 * hours):.1f}", f"{sum(run.left for run in row.runs) / hours:.0f}", f"{speed:.1f}",
        f"{100.0 * admitted / arrived:.0f} %" if arrived else "–", *[str(row.count(what)) for what in TOLD],
    ]  # fmt: skip


def findings(row: MapRow) -> list[str]:
    """Return every finding of a row as one line."""
    return [
        f"{row.name}: {what.replace('_', ' ')}: {line}"
        for run in row.runs
        for what in TOLD
        for line in getattr(run, what)
    ]


def document(table: Sequence[MapRow], command: str, seeds: Sequence[int]) -> str:
    """Return the page with the table, made by a command with some seeds, and all findings."""
    order = {(place.name, kind): k for k, (kind, place) in enumerate((p, m) for p in PHYSICS for m in MAPS)}
    further = {place.name for place in MAPS if place.further}
    table = sorted(table, key=lambda row: order.get((row.name, row.physics), len(order)))
    lines = [_HEAD.format(command=command, seeds=", ".join(map(str, seeds)), patience=PATIENCE, progress=LEAST_WAY,
                          cycles=CYCLES, aside=ASIDE, end=END, grace=GRACE)]  # fmt: skip
    lines += ["| " + " | ".join(_HEADS) + " |", "|---|---|---|" + "---:|" * (len(_HEADS) - 3)]
    for row in table:
        name, *others = cells(row)
        lines.append("| " + " | ".join([f"{name} *" if name in further else name, *others]) + " |")
    lines += ["", "## Findings", ""]
    said = [line for row in table for line in findings(row)]
    lines += [f"- {line}" for line in said] or ["None."]
    return "\n".join(lines) + "\n"


_HEAD = """# Traffic on many maps

Ordinary traffic, driven by the built-in drivers with the mixed fleet and without pedestrians, on roads of our own and
on public road files. `{command}` makes this page, with the seeds {seeds}; it fails unless every figure of the columns
of faults and of vehicles taken out is 0.

Maps with a star are further maps: they were chosen before anything was measured on them. In the rows with weather every
other vehicle is a motorcycle.

- *vehicles*: in the world, on average. *leaving*: at the end of the map, or far behind the ego. *let in of demand*:
  where vehicles arrive at a stated rate, the share of them that found room to come in.
- *collisions*: with a vehicle in it; of one pair, counted once. *rolled over*: tilted by more than 60°.
- *waited long*: came no farther than {progress:.0f} m in {patience:.0f} s, or in {cycles} cycles of the map's slowest
  signal where that is longer, for whatever reason. That is told, and no fault: in a queue before a short green people
  wait for as long. *standing*: those of them that did not go on either; a run goes on for up to {grace:.0f} s beyond
  its end, in which nothing else is counted, to see whether they do.
- *off the lane*: its middle more than {aside} m outside every lane. Excused is only the end of the map: at most
  {end:.0f} m straight beyond the end of a lane that leads nowhere, where a vehicle leaves the world. Where lanes begin
  nothing is excused.
- *out*: vehicles that could not go on and were taken out of the world where the ego does not see it, by reason:
  *standing* for 60 s ({cycles} cycles of the slowest signal, if that is longer), *overturned* for 5 s, *off road* for
  15 s, *wrecked* after a collision of their own. Each is a fault besides: the first three are counted as standing,
  rolled over and off the lane too, whether or not the watch had told them before; a wreck is counted by its collision.
  They are taken out farther from the ego than 60 m only, and there behind the scenery or beyond 250 m. An episode tells
  it as an interval `taken_out:overturned`, `taken_out:off_road` or `taken_out:standing` with the vehicle's id, from
  when it could not go on until it was taken out (`Episode.intervals`, `/events`).
"""
