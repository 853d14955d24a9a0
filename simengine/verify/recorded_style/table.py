"""How far driven traffic is from recorded traffic, quantity by quantity and site by site, beside its floor."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.rng import generator
from simengine.core.text.wording import counted
from simengine.scenario.spec import DriverSpread
from simengine.verify.recorded_style.distance import between, change_rate, floors, vehicle_floors
from simengine.verify.recorded_style.drive import set_stage
from simengine.verify.recorded_style.fit import FITTED, show
from simengine.verify.recorded_style.quantities import RATE, UNITS, Quantity, Traffic
from simengine.verify.recorded_style.settled_gaps import equilibrium_gaps, settled_distance
from simengine.verify.recorded_style.sites import Sites

WORLDS = 8  # in which every recording is driven for the table
RESAMPLES = 200  # of the vehicles, for an interval
BOUND = 2.0  # floors
FEWEST = 5  # vehicles; of fewer, halves say nothing


class StyleRow(NamedTuple):
    """One quantity at one site."""

    site: str
    name: str
    unit: str
    recorded: tuple[float, float]  # mean and standard deviation; of a rate the rate and NaN
    driven: tuple[float, float]
    distance: float
    interval: tuple[float, float]  # 90 % of resampled vehicles
    floor: float
    floors: tuple[float, float]  # 90 % of the splits
    vehicle_floor: float

    @property
    def bounded(self) -> bool:
        """Whether the quantity has to keep to the bound."""
        return self.name in FITTED

    @property
    def floored(self) -> bool:
        """Whether there is a floor to hold the distance against."""
        return math.isfinite(self.distance) and math.isfinite(self.floor)

    @property
    def good(self) -> bool:
        """Whether the distance is at most `BOUND` times the floor."""
        return self.distance <= BOUND * self.floor


class SiteTable(NamedTuple):
    """What was found at one site."""

    site: str
    recordings: int
    vehicles: int  # driven and compared
    seconds: float  # that they were watched
    touched: float  # pairs that touched, per world
    settled: tuple[float, float, float]  # mean gap that drivers settle at, recorded mean, W1 between them [m]
    lines: tuple[StyleRow, ...]


def _moments(traffic: Sequence[Traffic], name: str) -> tuple[float, float]:
    if name == RATE:
        return change_rate(traffic), math.nan
    values = np.concatenate([one.quantity[name].value for one in traffic])
    return (float(values.mean()), float(values.std())) if len(values) else (math.nan, math.nan)


def _resampled(traffic: Traffic, rows: NDArray[np.int64]) -> Traffic:
    """Return traffic of some of its vehicles, those drawn twice counted twice."""
    quantity = {}
    for name, samples in traffic.quantity.items():
        order = np.argsort(samples.owner, kind="stable")
        first = np.searchsorted(samples.owner[order], rows)
        last = np.searchsorted(samples.owner[order], rows, side="right")
        kept = np.concatenate([order[a:b] for a, b in zip(first, last, strict=True)] or [order[:0]])
        quantity[name] = Quantity(samples.value[kept], samples.owner[kept])
    return Traffic(quantity, traffic.changes[rows], traffic.watched[rows], traffic.steady)


def _intervals(
    recorded: Sequence[Traffic], driven: Sequence[Sequence[Traffic]], random: np.random.Generator
) -> dict[str, tuple[float, float]]:
    """Return 90 % intervals of the distances over resampled vehicles, the same ones on both sides.

    Args:
        recorded: By recording.
        driven: By recording, then by world; a world is drawn for every resample.
        random: Draws.
    """
    owners = [(k, row) for k, one in enumerate(recorded) for row in np.flatnonzero(one.watched > 0.0).tolist()]
    found: dict[str, list[float]] = {name: [] for name in (*UNITS, RATE)}
    for _ in range(RESAMPLES):
        drawn = [owners[i] for i in random.integers(len(owners), size=len(owners)).tolist()]
        ours, theirs = [], []
        for k, one in enumerate(recorded):
            rows = np.sort(np.array([row for at, row in drawn if at == k], np.int64))
            world = driven[k][int(random.integers(len(driven[k])))]
            theirs.append(_resampled(one, rows))
            ours.append(_resampled(world, rows))
        for name in found:
            found[name].append(between(ours, theirs, name))
    known = {name: [value for value in values if math.isfinite(value)] for name, values in found.items()}
    return {
        name: (float(np.quantile(values, 0.05)), float(np.quantile(values, 0.95))) if values else (math.nan, math.nan)
        for name, values in known.items()
    }


def measure_sites(measured: Sites, every: Sites, drivers: DriverSpread, seed: int) -> list[SiteTable]:
    """Measure drivers against recordings.

    Args:
        measured: Recordings that are driven, by site.
        every: All recordings of these sites: the floors are the distances between halves of them.
        drivers: How drivers differ.
        seed: Of everything drawn.
    """
    tables = []
    for site, roads in measured.items():
        random = generator(seed, "recorded_style", "table", site)
        recorded, driven, touched = [road.recorded for road in roads], [], 0
        for road in roads:
            shown, hits = show(set_stage(road), drivers, WORLDS, seed)
            driven.append(shown)
            touched += hits
        pooled = [traffic for shown in driven for traffic in shown]
        intervals = _intervals(recorded, driven, random)
        lines = []
        for name in (*UNITS, RATE):
            if name != RATE and not any(len(one.quantity[name].value) for one in recorded):
                continue
            ours = floors([road.recorded for road in every[site]], name, random)
            own = vehicle_floors(recorded, name, random)
            lines.append(
                StyleRow(
                    site, name, UNITS.get(name, "1/min"), _moments(recorded, name), _moments(pooled, name),
                    between(pooled, recorded, name), intervals[name],
                    float(ours.mean()) if len(ours) else math.nan,
                    (float(np.quantile(ours, 0.05)), float(np.quantile(ours, 0.95))) if len(ours) else (math.nan,) * 2,
                    float(own.mean()) if len(own) else math.nan,
                )
            )  # fmt: skip
        watched = np.concatenate([one.watched for one in recorded])
        tables.append(
            SiteTable(
                site,
                len(roads),
                int((watched > 0.0).sum()),
                float(watched.sum()),
                touched / WORLDS,
                _settled(drivers, recorded),
                tuple(lines),
            )
        )
    return tables


def _settled(drivers: DriverSpread, recorded: Sequence[Traffic]) -> tuple[float, float, float]:
    """Return the mean gap that drivers settle at, that of steady recorded vehicles, and W1 [m]; NaN of none."""
    steady = np.concatenate([one.steady[:, 1] for one in recorded])
    if not len(steady):
        return math.nan, math.nan, math.nan
    return (
        float(equilibrium_gaps(drivers, recorded).mean()), float(steady.mean()), settled_distance(drivers, recorded)
    )  # fmt: skip


def missed(tables: Sequence[SiteTable]) -> list[StyleRow]:
    """Return the lines that have to keep to the bound and do not."""
    return [line for table in tables for line in table.lines if line.bounded and not line.good]


def format_tables(tables: Sequence[SiteTable]) -> str:
    """Return tables as text for a terminal."""
    text = []
    for table in tables:
        text.append(
            f"{table.site}: {counted(table.recordings, 'recording')}, {counted(table.vehicles, 'vehicle')}, "
            f"{table.seconds:.0f} vehicle-seconds; pairs that touch in each of {WORLDS} worlds: {table.touched:.2g}"
            + _settles(table.settled)
        )
        text += [_format_line(line, line.floored and table.vehicles >= FEWEST) for line in table.lines]
    return "\n".join(text)


def _settles(settled: tuple[float, float, float]) -> str:
    if not math.isfinite(settled[2]):
        return "; no recorded vehicle keeps up with another"
    return f"; drivers settle at gaps of {settled[0]:.1f} m, recorded {settled[1]:.1f} m (W1 {settled[2]:.1f} m)"


def _format_line(line: StyleRow, judged: bool) -> str:
    """Return a line of a table; one that is not judged says why."""
    mark = ("ok " if line.good else "BAD") if line.bounded and judged else "   "
    spread, own = ("" if line.name == RATE else f" ± {value[1]:.2f}" for value in (line.recorded, line.driven))
    held = f"(≤ {BOUND * line.floor:.3f}, floor {line.floor:.3f}, of vehicles {line.vehicle_floor:.3f})"
    return (
        f"  {mark} {line.name:13} recorded {line.recorded[0]:6.2f}{spread:8} "
        f"driven {line.driven[0]:6.2f}{own:8} {line.unit:5} W1 {line.distance:.3f} "
        + (held if judged else "(too few vehicles or recordings to judge)")
    )
