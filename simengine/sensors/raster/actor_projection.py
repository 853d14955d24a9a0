"""Where the clusters of each actor's triangles lie in the image, and the pixels that they can cover."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.sensors.raster.culling import box_depth, project_box
from simengine.sensors.raster.drawing import bound_crossing, place_vertices
from simengine.sensors.raster.drawn_scene import (
    ROOM,
    ClusterTriangles,
)


class ActorClusters(NamedTuple):
    """The actors that are measured, and their clusters; one row an actor in view."""

    actor: NDArray[np.int32]  # (num_measured,)
    cluster: NDArray[np.int64]  # first and one past the last of its clusters. (num_measured, 2)
    drawn: NDArray[np.int64]  # first and one past the last of them in the order of drawing. (num_measured, 2)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
def project_clusters(
    first: int,
    last: int,
    box: NDArray[np.float64],
    triangles: ClusterTriangles,
    present: NDArray[np.bool_],
    image_from_part: NDArray[np.float64],
    near: float,
    place: NDArray[np.float64],
    bounds: NDArray[np.float64],
) -> None:
    """Bound the projection of the faces of the clusters [first, last) that look at the camera.

    Args:
        first: First cluster.
        last: One past the last.
        box: See `Clusters`. Shape (num_clusters, 7).
        triangles: Of all clusters.
        present: Which parts are in the world. Shape (num_parts,).
        image_from_part: See `place_parts`. Shape (num_parts, 3, 4).
        near: Nothing nearer is seen [m].
        place: Work. Shape (5 · ROOM,).
        bounds: Left, top, right, bottom, widened [px]. Shape (4,).
    """
    cluster_part, vertex, corner = triangles.part, triangles.vertex, triangles.corner
    first_vertex, first_triangle = triangles.first_vertex, triangles.first_triangle
    for k in range(first, last):
        if not present[cluster_part[k]]:
            continue
        m = image_from_part[cluster_part[k]]
        w, reach = box_depth(m, box[k])
        if w - reach > near:
            left, right, top, bottom = project_box(m, box[k], w)
            if left >= bounds[0] and top >= bounds[1] and right <= bounds[2] and bottom <= bounds[3]:
                continue
        place_vertices(vertex, first_vertex[k], first_vertex[k + 1], m, place)
        for t in range(first_triangle[k], first_triangle[k + 1]):
            a, b, c = int(corner[t, 0]), int(corner[t, 1]), int(corner[t, 2])
            ax, ay, aw = place[a], place[ROOM + a], place[2 * ROOM + a]
            bx, by, bw = place[b], place[ROOM + b], place[2 * ROOM + b]
            gx, gy, gw = place[c], place[ROOM + c], place[2 * ROOM + c]
            if aw < near and bw < near and gw < near:
                continue
            ex, ey, ew, fx, fy, fw = bx - ax, by - ay, bw - aw, gx - ax, gy - ay, gw - aw
            if (ey * fw - ew * fy) * ax + (ew * fx - ex * fw) * ay + (ex * fy - ey * fx) * aw >= 0.0:
                continue
            if aw >= near and bw >= near and gw >= near:
                ua, ub, uc = place[3 * ROOM + a], place[3 * ROOM + b], place[3 * ROOM + c]
                va, vb, vc = place[4 * ROOM + a], place[4 * ROOM + b], place[4 * ROOM + c]
                left, right = min(ua, min(ub, uc)), max(ua, max(ub, uc))
                top, bottom = min(va, min(vb, vc)), max(va, max(vb, vc))
            else:
                left, right, top, bottom = bound_crossing(place, a, b, c, near)
            bounds[0], bounds[1] = min(bounds[0], left), min(bounds[1], top)
            bounds[2], bounds[3] = max(bounds[2], right), max(bounds[3], bottom)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def bound_actors(
    actors: ActorClusters,
    box: NDArray[np.float64],
    triangles: ClusterTriangles,
    present: NDArray[np.bool_],
    image_from_part: NDArray[np.float64],
    near: float,
    place: NDArray[np.float64],
    bounds: NDArray[np.float64],
) -> None:
    """Bound the projections of some actors, also beyond the image's border.

    Args:
        actors: The actors and their clusters.
        box: See `Clusters`. Shape (num_clusters, 7).
        triangles: Of all clusters.
        present: Which parts are in the world. Shape (num_parts,).
        image_from_part: See `place_parts`; of every part of these actors. Shape (num_parts, 3, 4).
        near: Nothing nearer is seen [m].
        place: Work. Shape (5 · ROOM,).
        bounds: Left, top, right, bottom of each [px], filled; left is beyond right where no face looks at the camera.
            Shape (num_actors, 4).
    """
    for n in range(actors.actor.shape[0]):
        around = bounds[actors.actor[n]]
        around[0], around[1], around[2], around[3] = math.inf, math.inf, -math.inf, -math.inf
        begin, end = actors.cluster[n, 0], actors.cluster[n, 1]
        project_clusters(begin, end, box, triangles, present, image_from_part, near, place, around)
