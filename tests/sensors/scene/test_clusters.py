"""Clusters hold every triangle once, within their boxes, and bundles hold every cluster once."""

import numpy as np

from simengine.sensors.scene.clusters import BUNDLE_CLUSTERS, CLUSTER_TRIANGLES, build_clusters


def test_clusters_hold_every_triangle_once_and_bound_it():
    rng = np.random.default_rng(3)
    part = np.repeat(np.arange(3, dtype=np.int32), (200, 1, 70))
    vertex = rng.normal(size=(400, 3)).astype(np.float32)
    triangle = rng.integers(0, 400, (len(part), 3)).astype(np.int32)
    clusters = build_clusters(vertex, triangle, part)
    assert sorted(clusters.triangle.tolist()) == list(range(len(part)))
    for k, owner in enumerate(clusters.part):
        own = slice(clusters.first_triangle[k], clusters.first_triangle[k + 1])
        points = clusters.vertex[:, clusters.first_vertex[k] : clusters.first_vertex[k + 1]].T
        assert (part[clusters.triangle[own]] == owner).all()
        assert 0 < own.stop - own.start <= CLUSTER_TRIANGLES
        assert np.array_equal(points[clusters.corner[own]], vertex[triangle[clusters.triangle[own]]])
        assert (np.abs(points - clusters.box[k, :3]) <= clusters.box[k, 3:6] + 1e-12).all()


def test_bundles_hold_every_cluster_once_and_bound_it():
    rng = np.random.default_rng(4)
    part = np.repeat(np.arange(3, dtype=np.int32), (BUNDLE_CLUSTERS * CLUSTER_TRIANGLES + 1, 1, 70))
    vertex = rng.normal(size=(900, 3)).astype(np.float32)
    clusters = build_clusters(vertex, rng.integers(0, 900, (len(part), 3)).astype(np.int32), part)
    assert clusters.bundle_first[0] == 0 and clusters.bundle_first[-1] == len(clusters.part)
    assert len(clusters.bundle_box) == 4
    for box, begin, end in zip(clusters.bundle_box, clusters.bundle_first[:-1], clusters.bundle_first[1:]):
        own = clusters.box[begin:end]
        assert 0 < end - begin <= BUNDLE_CLUSTERS
        assert len(set(clusters.part[begin:end])) == 1
        assert (np.abs(own[:, :3] - box[:3]) + own[:, 3:6] <= box[3:6] + 1e-12).all()


def test_neighbors_stay_together():
    x, y = np.meshgrid(np.arange(32.0), np.arange(32.0))
    corner = np.stack([x.ravel(), y.ravel(), np.zeros(1024)], 1)
    vertex = np.concatenate([corner, corner + (0.5, 0.0, 0.0), corner + (0.0, 0.5, 0.0)]).astype(np.float32)
    index = np.arange(1024, dtype=np.int32)
    shuffled = np.random.default_rng(1).permutation(1024)
    triangle = np.stack([index, index + 1024, index + 2048], 1)[shuffled]
    clusters = build_clusters(vertex, triangle, np.zeros(1024, np.int32))
    assert len(clusters.part) == 1024 // CLUSTER_TRIANGLES
    assert np.median(clusters.box[:, 3:5]) <= 4.5  # of 32 × 32 m cut into 16


def test_nothing_gives_no_clusters():
    clusters = build_clusters(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32), np.zeros(0, np.int32))
    assert len(clusters.part) == 0 and clusters.first_triangle.tolist() == [0]
