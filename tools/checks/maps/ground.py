"""Whether the ground of a map is one continuous surface, and whether what is drawn is what wheels stand on."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from simengine.core.semantics import Semantic
from simengine.road.commonroad import read_commonroad
from simengine.road.ground.surface import surface_meshes
from simengine.road.network.network import LaneArrays, RoadNetwork, lane_arrays
from simengine.road.network.projection import ground_at, lane_pose, lane_width
from simengine.road.opendrive import read_opendrive
from tools.checks.table import Row

# Of what a survey finds [m, –, m]. Inside a tight bend the nearest part of its lane changes: a step off the road.
STEP_BOUND, GRADE_BOUND, GAP_BOUND = 0.12, 0.7, 0.15
SHARE_BOUND = 1e-3  # of the places drawn more than 2 cm off
STRIDE = 0.05  # between samples of a line [m]
RUN = 20  # samples over which a grade is taken
BEYOND = 2.0  # of a line past a lane's ends and edges [m]
ACROSS = 5.0  # between the lines across a lane [m]
NEAR = 1.5  # triangles farther from the ground than this belong to another level [m]
BIN = 4.0  # edge of the bins that triangles are sorted into [m]


class Survey(NamedTuple):
    """The worst of one map."""

    step: float  # height between samples `STRIDE` apart [m]
    step_at: tuple[float, float, float]
    grade: float  # rise over run along `RUN` samples
    grade_at: tuple[float, float, float]
    rough: float  # share of the samples with a step above 2 cm
    gap: float  # between what is drawn and the ground [m]
    gap_at: tuple[float, float, float]
    gaps: float  # share of the places drawn more than 2 cm off


@njit(cache=True)
def _walk(
    lanes: LaneArrays,
    lane: int,
    s: float,
    t: float,
    ds: float,
    dt: float,
    count: int,
    height: NDArray[np.float64],
    worst: NDArray[np.float64],
) -> None:
    """Follow a line in lane coordinates and keep the largest step and grade.

    Args:
        lanes: The network.
        lane: Whose coordinates.
        s, t: Where the line begins [m].
        ds, dt: From sample to sample [m].
        count: Samples.
        height: Scratch.
        worst: Updated: step, its x, y, z; grade, its x, y, z; samples, rough ones. Shape (10,).
    """
    z = lane_pose(lanes, lane, s, t)[2]
    for k in range(count):
        x, y, _, _ = lane_pose(lanes, lane, s + k * ds, t + k * dt)
        z = ground_at(lanes, x, y, z)[0]
        height[k] = z
        if k > 0:
            step = abs(z - height[k - 1])
            worst[8] += 1.0
            worst[9] += step > 0.02
            if step > worst[0]:
                worst[0], worst[1], worst[2], worst[3] = step, x, y, z
        if k >= RUN:
            grade = abs(z - height[k - RUN]) / (RUN * STRIDE)
            if grade > worst[4]:
                worst[4], worst[5], worst[6], worst[7] = grade, x, y, z


@njit(cache=True)
def walk_lanes(lanes: LaneArrays, worst: NDArray[np.float64]) -> None:
    """Follow every lane along its middle and near its edges, and cross it every `ACROSS`; see `_walk`."""
    for lane in range(len(lanes.lane_type)):
        length = lanes.lane_length[lane]
        count = int((length + 2.0 * BEYOND) / STRIDE) + 1
        height = np.empty(count)
        for side in (-0.4, 0.0, 0.4):
            t = side * lane_width(lanes, lane, 0.5 * length)
            _walk(lanes, lane, -BEYOND, t, STRIDE, 0.0, count, height, worst)
        cuts = max(1, int(length / ACROSS))
        for cut in range(cuts):
            s = (cut + 0.5) * length / cuts
            half = 0.5 * lane_width(lanes, lane, s) + BEYOND
            count = int(2.0 * half / STRIDE) + 1
            height = np.empty(count)
            _walk(lanes, lane, s, -half, 0.0, STRIDE, count, height, worst)


@njit(cache=True)
def sort_triangles(
    corner: NDArray[np.float64],
    low: NDArray[np.float64],
    shape: NDArray[np.int64],
    cursor: NDArray[np.int64],
    entry: NDArray[np.int64],
    fill: bool,
) -> None:
    """Count (or, with `fill`, write) every triangle in each bin its bounding box meets. `corner` (n, 3, 3)."""
    for k in range(len(corner)):
        a, b, c = corner[k, 0], corner[k, 1], corner[k, 2]
        i0 = int((min(a[0], b[0], c[0]) - low[0]) / BIN)
        i1 = int((max(a[0], b[0], c[0]) - low[0]) / BIN)
        j0 = int((min(a[1], b[1], c[1]) - low[1]) / BIN)
        j1 = int((max(a[1], b[1], c[1]) - low[1]) / BIN)
        for j in range(max(0, j0), min(shape[1] - 1, j1) + 1):
            for i in range(max(0, i0), min(shape[0] - 1, i1) + 1):
                if fill:
                    entry[cursor[j * shape[0] + i]] = k
                cursor[j * shape[0] + i] += 1


@njit(cache=True)
def compare(
    lanes: LaneArrays,
    corner: NDArray[np.float64],
    low: NDArray[np.float64],
    shape: NDArray[np.int64],
    first: NDArray[np.int64],
    entry: NDArray[np.int64],
    worst: NDArray[np.float64],
) -> None:
    """Compare the ground with the highest triangle near it on a grid over every lane; places on lanes only.

    Args:
        lanes: The network.
        corner: Of all triangles [m]. Shape (num_triangles, 3, 3).
        low, shape, first, entry: The bins.
        worst: Updated: difference, its x, y, z, places, those more than 2 cm off. Shape (6,).
    """
    for lane in range(len(lanes.lane_type)):
        length = lanes.lane_length[lane]
        cuts = max(1, int(length))
        for cut in range(cuts):
            s = (cut + 0.5) * length / cuts
            width = lane_width(lanes, lane, s)
            for side in (-0.49, -0.25, 0.0, 0.25, 0.49):
                x, y, z, _ = lane_pose(lanes, lane, s, side * width)
                ground = ground_at(lanes, x, y, z)[0]
                i, j = int((x - low[0]) / BIN), int((y - low[1]) / BIN)
                if i < 0 or j < 0 or i >= shape[0] or j >= shape[1]:
                    continue
                top = -np.inf
                for e in range(first[j * shape[0] + i], first[j * shape[0] + i + 1]):
                    a, b, c = corner[entry[e], 0], corner[entry[e], 1], corner[entry[e], 2]
                    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
                    if abs(area) < 1e-9:
                        continue
                    u = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) / area
                    v = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) / area
                    w = 1.0 - u - v
                    if u < -1e-9 or v < -1e-9 or w < -1e-9:
                        continue
                    height = u * a[2] + v * b[2] + w * c[2]
                    if abs(height - ground) < NEAR:
                        top = max(top, height)
                gap = abs(top - ground)
                worst[4] += 1.0
                worst[5] += gap > 0.02
                if gap > worst[0]:
                    worst[0], worst[1], worst[2], worst[3] = gap, x, y, ground


def survey(network: RoadNetwork) -> Survey:
    """Return the worst places of a network's ground; raised lanes lie low, for curbs are meant to be steps."""
    network = network._replace(point_rise=np.zeros_like(network.point_rise))
    lanes = lane_arrays(network)
    walked = np.zeros(10)
    walk_lanes(lanes, walked)
    origin = network.point_position[0]
    meshes = surface_meshes(network, tuple(origin.tolist()), "none")
    corner = (
        np.concatenate([mesh.vertex[mesh.triangle[mesh.semantic != Semantic.LANE_MARKING]] for mesh in meshes]).astype(
            np.float64
        )
        + origin
    )
    low = network.point_position[:, :2].min(axis=0) - 50.0
    shape = ((network.point_position[:, :2].max(axis=0) + 50.0 - low) / BIN).astype(np.int64) + 1
    count = np.zeros(shape[0] * shape[1] + 1, np.int64)
    sort_triangles(corner, low, shape, count, np.zeros(0, np.int64), False)
    first = np.concatenate([[0], np.cumsum(count[:-1])])
    entry = np.zeros(int(first[-1]), np.int64)
    sort_triangles(corner, low, shape, first.copy(), entry, True)
    seen = np.zeros(6)
    compare(lanes, corner, low, shape, first, entry, seen)
    return Survey(
        walked[0],
        tuple(walked[1:4].tolist()),
        walked[4],
        tuple(walked[5:8].tolist()),
        walked[9] / max(1.0, walked[8]),
        seen[0],
        tuple(seen[1:4].tolist()),
        seen[5] / max(1.0, seen[4]),
    )


def maps(named: list[str], folder: Path) -> list[Path]:
    """Return the map files named, the OpenDRIVE files of the folders named, or those of a folder.

    Raises:
        ScenarioError: A name is no such file or folder, or there is none.
    """
    found = []
    for path in [Path(name) for name in named] or [folder]:
        if not path.exists() or (path.is_file() and path.suffix not in (".xodr", ".xml")):
            raise ScenarioError(f"map {str(path)!r} is neither an .xodr or CommonRoad .xml file nor a folder of .xodr")
        found += sorted(path.rglob("*.xodr")) if path.is_dir() else [path]
    if not found:
        raise ScenarioError(f"no .xodr file in {', '.join(named) or str(folder)}")
    return found


def rows(files: list[Path]) -> Iterator[Row]:
    """Survey every map that is not level and yield its figures; a map that is refused is another check's."""
    surveyed = False
    for path in files:
        try:
            network = (read_opendrive(path) if path.suffix == ".xodr" else read_commonroad(path)).network
        except ScenarioError:
            continue
        if np.ptp(network.point_position[:, 2]) == 0.0 and not network.point_bank.any():
            continue
        surveyed = True
        worst = survey(network)
        for what, measured, bound, unit, at in (
            ("largest step in 5 cm", worst.step, STEP_BOUND, "m", worst.step_at),
            ("steepest meter", worst.grade, GRADE_BOUND, "", worst.grade_at),
            ("surface seen against ground", worst.gap, GAP_BOUND, "m", worst.gap_at),
        ):
            yield Row(f"{path.name}: {what}", measured, bound, unit, note=f"at {at[0]:.0f}, {at[1]:.0f}, {at[2]:.1f}")
        yield Row(f"{path.name}: share seen more than 2 cm off", worst.gaps, SHARE_BOUND, "")
    if not surveyed:
        raise ScenarioError("every map is level or refused: there is nothing to survey")
