"""Read every OpenDRIVE and CommonRoad file of a folder: which are read, with what remarks, which are refused and why.

Beyond reading, each network is looked over: do lanes end where the next ones start, do lines fold, are heights finite.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simengine.core.errors import ScenarioError
from simengine.road.commonroad import read_commonroad
from simengine.road.network.network import LaneType, RoadNetwork
from simengine.road.opendrive import read_opendrive

READ, REMARKED, REFUSED, BROKEN = "read", "read with remarks", "refused", "BUG"
_HEAD = 4096  # bytes in which a CommonRoad file says what it is
_SHOWN = 150  # characters of one reason
_FOLD = 0.5 * math.pi  # from one chord to the next [rad]


class Look(NamedTuple):
    """What a network looks like, in figures."""

    lanes: int
    gap: float  # worst distance in plan from a lane's end to the start of a successor [m]
    step: float  # worst difference in height there [m]
    kink: float  # worst difference in heading there, of driving lanes [rad]
    folds: int  # points at which a center line turns back
    finite: bool  # all places, widths and inclinations are numbers


class MapRow(NamedTuple):
    """One file and what came of it."""

    file: str
    kind: str  # OpenDRIVE or CommonRoad
    outcome: str
    reasons: tuple[str, ...]
    look: Look | None

    @property
    def good(self) -> bool:
        """Whether the reader did its duty: a network of numbers, or one readable error."""
        return self.outcome != BROKEN


def look_over(network: RoadNetwork) -> Look:
    """Measure joints, folds and numbers of a network."""
    first, points = network.lane_first_point, network.point_position
    lane = np.repeat(np.arange(len(network.lane_type)), np.diff(network.successor_first))
    end, start = first[lane + 1] - 1, first[network.successor]
    apart = points[end] - points[start]
    turn = np.abs((network.point_heading[end] - network.point_heading[start] + np.pi) % (2.0 * np.pi) - np.pi)
    turn = turn[network.lane_type[lane] == LaneType.DRIVING]
    chord = np.diff(points[:, :2], axis=0)
    heading = np.arctan2(chord[:, 1], chord[:, 0])
    bend = np.abs((np.diff(heading) + np.pi) % (2.0 * np.pi) - np.pi)
    inside = (network.point_lane[2:] == network.point_lane[:-2]) & (network.point_lane[1:-1] == network.point_lane[:-2])
    numbers = (points, network.point_width, network.point_bank, network.point_heading, network.point_curvature)
    return Look(
        lanes=len(network.lane_type),
        gap=float(np.hypot(apart[:, 0], apart[:, 1]).max(initial=0.0)),
        step=float(np.abs(apart[:, 2]).max(initial=0.0)),
        kink=float(turn.max(initial=0.0)),
        folds=int((bend[inside] > _FOLD).sum()),
        finite=all(bool(np.isfinite(values).all()) for values in numbers),
    )


def road_files(folder: Path) -> list[Path]:
    """Return the road files under a folder, or the file itself.

    Raises:
        ScenarioError: There is none.
    """
    found = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    files = [path for path in found if path.suffix == ".xodr" or (path.suffix == ".xml" and _is_commonroad(path))]
    if not files:
        raise ScenarioError(f"{folder}: holds no .xodr and no CommonRoad .xml file")
    return files


def _is_commonroad(path: Path) -> bool:
    with path.open("rb") as file:
        return b"<commonRoad" in file.read(_HEAD)


def read_row(path: Path, name: str) -> MapRow:
    """Read one file; `name` is what the table calls it."""
    is_opendrive = path.suffix == ".xodr"
    kind = "OpenDRIVE" if is_opendrive else "CommonRoad"
    try:
        found = read_opendrive(path) if is_opendrive else read_commonroad(path)
        look = look_over(found.network)
    except ScenarioError as error:
        return MapRow(name, kind, REFUSED, (str(error).replace(str(path), name),), None)
    except Exception as error:  # what no reader may raise: the row says so, and the check fails
        return MapRow(name, kind, BROKEN, (f"{type(error).__name__}: {error}",), None)
    if not look.finite:
        return MapRow(name, kind, BROKEN, ("a place, width or inclination is no number",), look)
    reasons = tuple(line.removeprefix(f"{path}: ") for line in found.remarks)
    return MapRow(name, kind, REMARKED if reasons else READ, reasons, look)


def rows(folder: Path) -> Iterator[MapRow]:
    """Yield a row for every road file under a folder."""
    for path in road_files(folder):
        yield read_row(path, path.name if folder.is_file() else path.relative_to(folder).as_posix())


HEADER = (
    "| file | outcome | lanes | gap [m] | step [m] | kink [°] | folds | why |",
    "|---|---|---:|---:|---:|---:|---:|---|",
)


def format_row(row: MapRow) -> str:
    """Return a row of the Markdown table."""
    look = row.look
    figures = ["", "", "", "", ""]
    if look is not None:
        kink = f"{math.degrees(look.kink):.1f}"
        figures = [str(look.lanes), f"{look.gap:.2f}", f"{look.step:.2f}", kink, str(look.folds)]
    why = "<br>".join(_cell(reason) for reason in row.reasons)
    return f"| {row.file} | {row.outcome} | {' | '.join(figures)} | {why} |"


def _cell(text: str) -> str:
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("|", "\\|")


def summary(found: Sequence[MapRow]) -> str:
    """Return how many files of each kind came out how, in one line each."""
    lines = []
    for kind in dict.fromkeys(row.kind for row in found):
        outcomes = [row.outcome for row in found if row.kind == kind]
        counts = ", ".join(f"{outcomes.count(o)} {o}" for o in (READ, REMARKED, REFUSED, BROKEN) if o in outcomes)
        lines.append(f"- {kind}: {len(outcomes)} files, {counts}")
    return "\n".join(lines)


def document(found: Sequence[MapRow]) -> str:
    """Return the page of the documentation."""
    text = f"""# Road files

What the readers make of every public OpenDRIVE and CommonRoad file that the project is tried on.
`.venv/bin/python tools/check.py maps --write` makes this page; it fails if a file ends in anything but a network or one
readable error.

*Gap*, *step* and *kink* are the worst differences between a lane's end and the start of a lane that it leads into: in
plan, in height, and in heading (driving lanes). *Folds* counts the points at which a center line turns back. *Why* is
what was tolerated or left out, or the reason of the refusal.

{summary(found)}
"""
    for kind in dict.fromkeys(row.kind for row in found):
        text += "\n".join(["", f"## {kind}", "", *HEADER, *(format_row(row) for row in found if row.kind == kind), ""])
    return text
