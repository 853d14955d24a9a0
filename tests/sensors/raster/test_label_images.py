"""Depth, class and instance of a visibility buffer."""

import numpy as np
import pytest

from simengine.core.semantics import Semantic
from simengine.sensors.raster.label_images import empty_masks, label_table, read_masks
from simengine.sensors.raster.visibility_buffer import Visibility

SEMANTIC = np.array([Semantic.ROAD, Semantic.CAR, Semantic.CAR, Semantic.PEDESTRIAN], np.uint8)
PART = np.array([0, 1, 1, 2], np.int32)
PART_INSTANCE = np.array([0, 7, 65_535], np.int32)


@pytest.mark.parametrize("num_threads", [1, 2])
def test_masks_say_what_every_pixel_shows(num_threads):
    random = np.random.default_rng(3)
    triangle = random.integers(-1, len(PART), (50, 37)).astype(np.int32)
    depth = random.uniform(0.5, 90.0, triangle.shape).astype(np.float32)
    inverse = np.where(triangle >= 0, np.float32(1.0) / depth, np.float32(0.0)).astype(np.float32)
    masks = empty_masks(*triangle.shape)
    read_masks(Visibility(inverse, triangle), label_table(SEMANTIC, PART, PART_INSTANCE), num_threads, masks)
    sky = triangle < 0
    assert (masks.depth[sky] == 0.0).all()
    assert (masks.depth[~sky] == np.float32(1.0) / inverse[~sky]).all()
    assert (masks.semantic == np.where(sky, Semantic.SKY, SEMANTIC[triangle])).all()
    assert (masks.instance == np.where(sky, 0, PART_INSTANCE[PART[triangle]])).all()
