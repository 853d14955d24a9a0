"""The surfaces of a road network as meshes: carriageway, pavements with curbs, paint, junctions, verges and land.

Strips of neighboring lanes overlap by two centimeters, so that no seam opens where they are cut at different stations;
overlapping lanes of a junction are of one material and class and need nothing else. Everything below a carriageway
(fill, land) lies lower by a margin, everything painted on it higher.
"""

import numpy as np
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material, Mesh
from simengine.road.ground.junction_fill import fill_patch
from simengine.road.ground.lane_strips import (
    LONGEST,
    Patch,
    edge_line,
    face_up,
    foot_line,
    joint_patch,
    patch_mesh,
    ribbon,
    stations,
    top_line,
)
from simengine.road.ground.markings import marking_patches
from simengine.road.ground.terrain import deck_underside, far_patch, is_level, land_patch, verge_patches
from simengine.road.network.network import (
    LEFT_FOOT,
    LEFT_TOP,
    RIGHT_FOOT,
    RIGHT_TOP,
    LaneArrays,
    LaneType,
    RoadNetwork,
    lane_arrays,
)

SEAM = 0.02  # by which strips overlap [m]
CURB_FOOT = 0.05  # of a curb's face below the carriageway [m]
HALL_MARGIN = 4.0  # of a hall's floor beyond its lanes: shelf depth and wall clearance [m]
_LOOK = {
    LaneType.DRIVING: (Material.ASPHALT, Semantic.ROAD),
    LaneType.SHOULDER: (Material.ASPHALT, Semantic.ROAD),
    LaneType.BIKING: (Material.ASPHALT, Semantic.ROAD),
    LaneType.PARKING: (Material.CONCRETE, Semantic.ROAD),
    LaneType.PAVEMENT: (Material.CONCRETE, Semantic.PAVEMENT),
    LaneType.MEDIAN: (Material.GRASS, Semantic.TERRAIN),
    LaneType.FLOOR: (Material.FLOOR, Semantic.FLOOR),
}
_VERGE = {"highway": Material.SOIL, "rural": Material.SOIL}  # grass elsewhere


def surface_meshes(network: RoadNetwork, origin: tuple[float, float, float], scenery: str) -> list[Mesh]:
    """Return the surfaces of a network: carriageway and pavements, paint, land; a hall has a floor only.

    Args:
        network: The network.
        origin: World position of the local origin that vertices are given about [m].
        scenery: "highway", "rural", "urban" or "none": the pattern of broken lines and what verges are made of.
    """
    lanes = lane_arrays(network)
    if (network.lane_type == LaneType.FLOOR).all():
        return [patch_mesh([_floor(lanes)], origin)]
    level = is_level(lanes)
    cuts = [stations(lanes, lane) for lane in range(len(network.lane_type))]
    paved: list[Patch] = []
    verges: list[Patch] = []
    gaps = []
    for junction in np.unique(network.lane_junction[network.lane_junction >= 0]):
        fill, gap = fill_patch(lanes, int(junction), cuts)
        paved.append(fill)
        gaps.append(gap)
    for lane, cut in enumerate(cuts):
        paved += _lane_patches(lanes, lane, cut)
        paved += _joint_patches(lanes, lane)
        verges += verge_patches(lanes, lane, cut, level, _VERGE.get(scenery, Material.GRASS), gaps)
        if not level:
            verges += deck_underside(lanes, lane, cut)
    land = [land_patch(lanes, level, Material.GRASS), far_patch(lanes, Material.GRASS)]
    paint = marking_patches(network, lanes, cuts, scenery)
    return [patch_mesh(patches, origin) for patches in (paved, paint, [*land, *verges]) if patches]


def _lane_patches(lanes: LaneArrays, lane: int, cut: NDArray[np.float64]) -> list[Patch]:
    kind = LaneType(lanes.lane_type[lane])
    material, semantic = _LOOK[kind]
    rise = lanes.point_rise[lanes.lane_first_point[lane] : lanes.lane_first_point[lane + 1]]
    if not rise.any():
        left, right = edge_line(lanes, lane, cut, 1.0, SEAM, 0.0), edge_line(lanes, lane, cut, -1.0, -SEAM, 0.0)
        return [face_up(ribbon(left, right, material, semantic))]
    curb = [(rise[:, k] > rise[:, j]).any() for k, j in ((LEFT_TOP, LEFT_FOOT), (RIGHT_TOP, RIGHT_FOOT))]
    seam = [0.0 if face else SEAM for face in curb]
    left, right = top_line(lanes, lane, cut, 1.0, seam[0], 0.0), top_line(lanes, lane, cut, -1.0, -seam[1], 0.0)
    patches = [face_up(ribbon(left, right, material, semantic))]
    if curb[0]:
        patches.append(ribbon(foot_line(lanes, lane, cut, 1.0, 0.0, -CURB_FOOT), left, material, semantic))
    if curb[1]:
        patches.append(ribbon(right, foot_line(lanes, lane, cut, -1.0, 0.0, -CURB_FOOT), material, semantic))
    return patches


def _joint_patches(lanes: LaneArrays, lane: int) -> list[Patch]:
    """Return what closes the corners between a lane and its successors of the same look; curbs keep theirs."""
    look = _LOOK[LaneType(lanes.lane_type[lane])]
    if lanes.point_rise[lanes.lane_first_point[lane] : lanes.lane_first_point[lane + 1]].any():
        return []
    after = lanes.successor[lanes.successor_first[lane] : lanes.successor_first[lane + 1]]
    alike = [int(other) for other in after if _LOOK[LaneType(lanes.lane_type[other])] == look]
    wedges = (joint_patch(lanes, lane, other, SEAM, *look) for other in alike)
    return [wedge for wedge in wedges if wedge is not None]


def _floor(lanes: LaneArrays) -> Patch:
    """Return the floor of a hall: tiles that culling can take or leave."""
    side = np.array([lanes.widest, lanes.widest])
    low = lanes.point_position[:, :2].min(axis=0) - side - HALL_MARGIN
    high = lanes.point_position[:, :2].max(axis=0) + side + HALL_MARGIN
    nx, ny = (int(n) for n in np.ceil((high - low) / LONGEST))
    x, y = np.linspace(low[0], high[0], nx + 1), np.linspace(low[1], high[1], ny + 1)
    z = np.full((nx + 1, ny + 1), lanes.point_position[0, 2])
    vertex = np.stack([*np.meshgrid(x, y, indexing="ij"), z], axis=-1)
    i, j = np.mgrid[0:nx, 0:ny].reshape(2, -1)
    k = i * (ny + 1) + j
    triangle = np.concatenate([np.stack([k, k + ny + 1, k + ny + 2], axis=1), np.stack([k, k + ny + 2, k + 1], axis=1)])
    return Patch(vertex.reshape(-1, 3), triangle, Material.FLOOR, Semantic.FLOOR)
