"""Mirror images on wet ground: smeared by sums of columns, drawn only where ground can show them."""

import numpy as np

from simengine.core.semantics import Semantic
from simengine.sensors.light.reflection import leave_ground, mirror_sample, sum_columns
from simengine.sensors.raster.pixel_planes import UNSEEN


def _sums(image):
    sums = np.empty((image.shape[0] + 1, *image.shape[1:]))
    sum_columns(image, sums)
    return sums


def test_a_smear_is_the_mean_of_the_column_around_a_place():
    image = np.random.default_rng(5).uniform(0.0, 10.0, (40, 30, 3)).astype(np.float32)
    value = mirror_sample(_sums(image), 12.5, 20.0, 3.0)  # the middle of column 12
    np.testing.assert_allclose(value, image[17:23, 12].mean(axis=0), rtol=1e-6)
    between = mirror_sample(_sums(image), 13.0, 20.5, 2.5)
    np.testing.assert_allclose(between, image[18:23, 12:14].mean(axis=(0, 1)), rtol=1e-6)


def test_a_smear_at_the_border_keeps_to_the_image():
    image = np.full((10, 8, 3), 4.0, np.float32)
    for place in ((0.0, 0.0), (8.0, 10.0), (-5.0, -7.0), (30.0, 40.0)):
        np.testing.assert_allclose(mirror_sample(_sums(image), *place, 3.0), 4.0, rtol=1e-6)


def test_a_faint_place_beside_a_lamp_stays_faint():
    image = np.full((360, 3, 3), 1e-3, np.float32)
    image[:40] = 5e4
    np.testing.assert_allclose(mirror_sample(_sums(image), 1.5, 300.0, 2.0), 1e-3, rtol=1e-3)


def test_only_what_ground_can_mirror_is_kept():
    semantic = np.array([Semantic.ROAD, Semantic.BUILDING], np.uint8)
    nearest = np.full((200, 100), 1, np.int32)
    nearest[120:140, 40:60] = 0
    mirrored = np.full((100, 50), 1, np.int32)
    leave_ground(nearest, semantic, 100.0, mirrored)
    kept = mirrored != UNSEEN
    assert kept[60:70, 20:30].all()
    rows, columns = np.nonzero(kept)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (60 - 10, 69 + 10, 20 - 2, 29 + 2)
