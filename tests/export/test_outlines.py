"""Polygons of a mask rasterize back to the mask, holes and touching corners included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simengine.export.outlines import mask_to_polygons

coco_mask = pytest.importorskip("pycocotools.mask")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def rasterize(polygons, shape) -> np.ndarray:
    if not polygons:
        return np.zeros(shape, bool)
    return coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(polygons, *shape))).astype(bool)


@given(arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_any_mask_survives(mask):
    np.testing.assert_array_equal(rasterize(mask_to_polygons(mask), mask.shape), mask)


def test_a_rectangle_has_four_corners_at_pixel_edges():
    mask = np.zeros((8, 9), bool)
    mask[2:5, 3:7] = True
    (polygon,) = mask_to_polygons(mask)
    assert sorted(zip(polygon[::2], polygon[1::2], strict=True)) == [(3, 2), (3, 5), (7, 2), (7, 5)]


def test_a_ring_is_cut_open_and_pixels_that_touch_at_a_corner_stay_apart():
    ring = np.ones((5, 5), bool)
    ring[2, 2] = False
    assert len(mask_to_polygons(ring)) == 2
    assert len(mask_to_polygons(np.eye(3, dtype=bool))) == 3


def test_a_large_noisy_mask_survives():
    random = np.random.default_rng(0)
    mask = random.random((90, 120)) < 0.6
    np.testing.assert_array_equal(rasterize(mask_to_polygons(mask), mask.shape), mask)
