"""Ordinary traffic as rows of figures: collisions and throughput in both physics, and the equilibrium flow."""

import sys
from collections.abc import Iterator

from simengine.simulation.jobs.runner import progress
from simengine.verify import flow
from tools.checks.table import Row

PLACES = ("ring", "intersection", "flow")


def rows(spans: dict[str, float], places: list[str], each: float, workers: int) -> Iterator[Row]:
    """Measure and yield figures as they come.

    Args:
        spans: How long to simulate, by physics [s].
        places: Of `PLACES`.
        each: How long one world runs at most [s].
        workers: Processes.
    """
    for place in PLACES[:2]:
        for physics, seconds in spans.items():
            if place in places and seconds > 0.0:
                yield from _place_rows(place, physics, seconds, min(each, seconds / workers), workers)
    if "flow" in places:
        for found in flow.run_equilibria(workers):
            note = f"{found.measured:.1f} vehicles/h, closed form {found.predicted:.1f}"
            what = f"flow of equal drivers, {found.density:.1f} vehicles/km, off by"
            yield Row(what, 100.0 * abs(found.error), 100.0 * flow.FLOW_ERROR, "%", note=note)


def _place_rows(place: str, physics: str, seconds: float, each: float, workers: int) -> Iterator[Row]:
    found: list[flow.FlowRun] = []
    settle = flow.SETTLE if place == "intersection" else 0.0
    with progress(round(seconds), "s", f"{place} {physics}") as bar:
        for run in flow.run_worlds(place, physics, seconds, each, workers):
            found.append(run)
            bar.update(round(run.simulated - settle))
            said = "; ".join(run.collisions) or "no collision"
            said += f", {run.left} left, {run.entered} came in" if settle else ""
            bar.write(f"    {place} {physics} world {len(found)}: {run.simulated:.0f} s, {said}", file=sys.stderr)
    collisions = [report for run in found for report in run.collisions]
    hours = sum(run.simulated for run in found) / 3600.0
    speed = sum(run.mean_speed * run.simulated for run in found) / (3600.0 * hours)
    note = "; ".join([f"{len(found)} worlds, mean speed {speed:.1f} m/s", *collisions])
    yield Row(f"{place}, {physics}: collisions in {hours:.2f} h", len(collisions), 0.0, "", note=note)
    if place == "intersection":
        observed = sum(max(0.0, run.simulated - settle) for run in found) / 3600.0
        arrived, left = (sum(getattr(run, name) for run in found) for name in ("arrived", "left"))
        note = f"{left} left, {sum(run.entered for run in found)} came in, {arrived} arrived, in {observed:.2f} h"
        what = f"{place}, {physics}: share of the {flow.INFLOW:.0f} vehicles/h an approach that gets through"
        yield Row(what, 100.0 * left / max(arrived, 1), 100.0 * flow.THROUGHPUT, "%", at_least=True, note=note)
