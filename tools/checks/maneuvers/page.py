"""What was found as lines of text, and as a page of the documentation."""

import math
from collections.abc import Sequence

from simengine.core.mechanics import GRAVITY
from tools.checks.maneuvers import inputs, stops
from tools.checks.maneuvers.cells import LEAST, MARGIN, Cell, Row, passing
from tools.checks.maneuvers.ours import PHYSICS
from tools.checks.maneuvers.recorded_minute import FITTED_TIME, MODEL, RATIO, WHEELBASE, Drift
from tools.checks.maneuvers.reference import PARAMETER_SETS, Reference

_FOUR = ("peak yaw rate", "peak lateral acceleration", "final yaw", "final y")


def format_cell(cell: Cell) -> str:
    """Return a figure and its bounds."""
    low, high = _bounds(cell)
    return f"{cell.measured:.4g} ({low} to {high} {cell.unit})"


def _bounds(cell: Cell) -> tuple[str, str]:
    """Return within what a figure has to be, margin included."""
    return f"{cell.low - cell.margin:.4g}", f"{cell.high + cell.margin:.4g}"


def format_row(row: Row) -> list[str]:
    """Return a row as lines: one a figure."""
    title = f"{row.maneuver}, {row.physics}"
    if row.left_out:
        return [f"    {title:44} left out: {row.left_out}"]
    lines = [f"{'ok ' if cell.good else 'BAD'} {title:44} {cell.what:26} {format_cell(cell)}" for cell in row.cells]
    if math.isfinite(row.yaw_rate_error):
        lines.append(f"    {title:44} {'beside MB (ST beside MB)':26} {_beside(row)}")
    return lines


def _beside(row: Row) -> str:
    """Return how far a run is from MB, and ST in brackets."""
    return (
        f"{row.yaw_rate_error:.1%} ({row.published_yaw_rate_error:.1%}) of yaw rate, {row.path_error:.2f} "
        f"({row.published_path_error:.2f}) m"
    )


def format_drift(drift: Drift) -> str:
    """Return a drift as one line."""
    return (
        f"    recorded minute, {drift.model:8} at {drift.time:4.1f} s: {drift.apart:6.2f} m away, "
        f"{drift.aside:+7.2f} m to the left, heading {math.degrees(drift.turned):+5.2f}° too far left"
    )


def verdicts(rows: Sequence[Row]) -> list[tuple[str, int, int, bool]]:
    """Return of each physics how many cells pass, of how many, and whether these are enough."""
    found = []
    for name in PHYSICS:
        good, count = passing([row for row in rows if row.physics == name])
        if any(row.physics == name for row in rows):
            found.append((name, good, count, count > 0 and good >= LEAST * count))
    return found


def _inside(rows: Sequence[Row], physics: str) -> int:
    """Return how many figures of a physics would pass without a margin."""
    return sum(cell.inside for row in rows if row.physics == physics for cell in row.cells)


def summary(rows: Sequence[Row]) -> list[str]:
    """Return the verdict on each physics as a line."""
    return [
        f"{'ok ' if enough else 'BAD'} {name:8} {good} of {count} figures within the published models "
        f"({good / max(1, count):.1%}; ≥ {LEAST:.0%})"
        for name, good, count, enough in verdicts(rows)
    ]


def _mark(cell: Cell) -> str:
    """Return a cell of a table; what fails is bold."""
    text = f"{cell.measured:.4g}"
    return f"{text if cell.good else f'**{text}**'} [{', '.join(_bounds(cell))}]"


def _bend_table(rows: Sequence[Row]) -> list[str]:
    """Return the table of maneuvers with the four figures."""
    lines = [
        "| maneuver | physics | peak yaw rate [°/s] | peak lateral acceleration [m/s²] | final yaw [°] | final y [m] | "
        "yaw-rate error (ST) | path error (ST) [m] |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if not row.cells or row.cells[0].what != _FOUR[0]:
            continue
        beside = "| |"
        if math.isfinite(row.yaw_rate_error):
            beside = (
                f"| {row.yaw_rate_error:.1%} ({row.published_yaw_rate_error:.1%}) | {row.path_error:.2f} "
                f"({row.published_path_error:.2f}) |"
            )
        lines.append(f"| {row.maneuver} | {row.physics} | {' | '.join(_mark(cell) for cell in row.cells)} {beside}")
    return lines


def _other_table(rows: Sequence[Row]) -> list[str]:
    """Return the table of all other figures."""
    lines = ["| maneuver | physics | figure | measured [bounds] |", "|---|---|---|---|"]
    for row in rows:
        if row.cells and row.cells[0].what != _FOUR[0]:
            lines += [f"| {row.maneuver} | {row.physics} | {c.what} [{c.unit}] | {_mark(c)} |" for c in row.cells]
    return lines


def _failing(rows: Sequence[Row]) -> list[str]:
    """Return a line for each maneuver of which a figure fails, in words."""
    lines = []
    for row in rows:
        bad = [cell for cell in row.cells if not cell.good]
        if bad:
            said = ", ".join(f"{cell.what} {format_cell(cell)}" for cell in bad)
            lines.append(f"- {row.maneuver}, {row.physics}: {said}")
    return lines or ["None."]


def _left_out(rows: Sequence[Row]) -> list[str]:
    """Return a line for each maneuver that is not judged."""
    found = {row.maneuver: row.left_out for row in rows if row.left_out}
    return [f"- {maneuver}: {why}" for maneuver, why in found.items()] or ["None."]


def _definitions(reference: Reference) -> list[str]:
    """Return how the maneuvers are defined."""
    p = reference.parameters
    return [
        f"- *The car* is parameter set {PARAMETER_SETS[reference.model]} of the package, our `{reference.model}`, on a "
        f"road of µ {reference.friction:g}, its tires' p_dy1. Air drag and rolling resistance are left out, which the "
        "published models do not have.",
        "- *The same inputs.* Steering (of the road wheels) and acceleration are demanded as functions of time, open "
        "loop. Our actuators' limits and lag (steering rate, pedals) are applied once, and what they give goes into ST "
        "and MB as steering rate and acceleration. All models start straight ahead at the same speed.",
        "- *The pedal* demands nothing where the speed is to be held; every model then loses what its tires take.",
        "- *Compared* is the center of mass, at every tick of 1/120 s; lateral accelerations are differences of its "
        "velocity, in all models the same way.",
        f"- *A figure passes* within [min(ST, MB), max(ST, MB)], widened by {MARGIN:.0%} of the peak of its quantity.",
        "- *Errors beside MB*, for information: the root mean square of the difference in yaw rate over MB's peak, and "
        "the greatest distance at equal times; in brackets ST's from MB.",
        "- *Step steer* as fast as the steering turns, to the angle with which a neutral car has that acceleration. "
        f"*Ramp steer* at {inputs.RAMP_RATE:g} rad/s to the angle of µ g, held for a second. *Sine with dwell* as "
        f"FMVSS 126: {inputs.SINE_RATE:g} Hz with a halt of {inputs.DWELL:g} s; A gives 0.3 g at 80 km/h. *J-turn*: a "
        f"step to {inputs.J_TURN:g} A.",
        "- *ISO 3888*: a driver who looks ahead followed the way between the cones once, on ST; that steering is "
        f"replayed into every model. Its lanes are those for a car {p.w:g} m wide.",
        f"- *Circle*: steered into in {inputs.ENTRY_TIME:g} s, with the angle of a neutral car on {inputs.RADIUS:g} m. "
        "*Brake in turn* and *throttle off* begin as that; after 3 s come the brakes or the drag of the engine "
        f"({inputs.ENGINE_DRAG:g} m/s²).",
        "- *Full stops*: the pedal all the way down. ST has no longitudinal tire and brakes at µ g. MB would lock its "
        "wheels; it gets ideal anti-lock brakes, which let go at the slip where its tires pull most. Its tires' p_dx1 "
        "and p_dy1 are scaled to µ, their stiffness is not.",
        f"- *Split friction*: µ {stops.SPLIT[0]:g} left and {stops.SPLIT[1]:g} right, steering held straight, for 2 s "
        "of braking. ST has no left and right: the bounds are those of MB with anti-lock brakes and of MB with the "
        "sides changed, in the mirror.",
        f"- *Hill start* on {stops.GRADE:.0%} at a demand of {stops.HILL_DEMAND:g} m/s²: no published model has a "
        "hill; the bounds are those of mechanics, the demand after its lag less g sin θ, of which the wheels' inertia "
        f"takes off up to its share; it may creep {1000 * stops.CREEP:g} mm and roll back {1000 * stops.ROLL_BACK:g} "
        "mm.",
        "- *Where our vehicles are known to differ.* On split friction ours turn further than MB, whose tires pull "
        "12 % harder along than across and keep more side force while they brake; the elasticity of its suspension "
        "steers too. `batched` moves the load at once and has no bristles: it turns in a little less and, at the "
        "limit, spins sooner.",
        "- *What the verdicts do not say.* In gentle bends ST and MB differ by a few percent, so that the margin "
        "decides: most figures that pass there lie outside both models. At the limit they differ widely, since ST's "
        f"tires have none (µ g is {reference.friction * GRAVITY:.1f} m/s²), and a figure may pass far from both.",
    ]


def document(reference: Reference, rows: Sequence[Row], drifts: Sequence[Drift]) -> str:
    """Return the page."""
    lines = [
        "# Maneuvers against published models",
        "",
        "Both physics and the single-track (ST) and multi-body (MB) models of the package commonroad-vehicle-models "
        "(Althoff & Würsching, \"CommonRoad: Vehicle Models\", 2020), driven by the same inputs.",
        "`.venv/bin/python tools/check.py maneuvers --write` makes this page; it fails where less than "
        f"{LEAST:.0%} of a physics' figures pass.",
        "",
        *(
            f"- `{name}`: {good} of {count} figures within the published models and the margin "
            f"({good / max(1, count):.1%}), {'enough' if enough else f'less than the {LEAST:.0%} required'}; "
            f"{_inside(rows, name)} without the margin."
            for name, good, count, enough in verdicts(rows)
        ),
        "",
        "## Figures",
        "",
        "In brackets what the published models span, margin included; what is outside is bold.",
        "",
        *_bend_table(rows),
        "",
        *_other_table(rows),
        "",
        "## Outside",
        "",
        *_failing(rows),
        "",
        "## Left out",
        "",
        *_left_out(rows),
        "",
        "## A recorded minute",
        "",
        "The example segment of comma2k19: 60 s of highway in a Toyota RAV4. The steering of its bus, over the car's "
        f"own ratio of {RATIO:g} (openpilot's for it), and its speed go in; the path that comes out is compared with "
        f"the recorded one. KS is the kinematic model with the car's wheelbase of {WHEELBASE:g} m, ours is the "
        f"`{MODEL}`. Where the wheel stands straight ahead is fitted, to KS on the first {FITTED_TIME:g} s: only the "
        "last figure is of more than the fitted part. The road is nearly straight, so that this one number decides "
        "where everybody ends: a tenth of a degree of the wheel is 20 m after a minute. All models fall behind, as the "
        "bus tells about 1 % less speed than the satellites.",
        "",
        "| model | time [s] | away [m] | of which to the left [m] | heading too far left [°] |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {d.model} | {d.time:.0f} | {d.apart:.2f} | {d.aside:+.2f} | {math.degrees(d.turned):+.2f} |"
            for d in drifts
        ),
        "",
        "## How it is measured",
        "",
        *_definitions(reference),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
