"""What labels ask of an image: visible and amodal pixels, boxes, occluders."""

import math

import numpy as np
import pytest

from simengine.core.space.transforms import optical_from_world, world_from_optical
from simengine.sensors.raster.label_images import empty_masks, label_table, read_masks
from simengine.sensors.raster.pinhole import intrinsics_of_fov
from simengine.sensors.raster.visibility_buffer import draw_visibility
from simengine.sensors.raster.visible_extents import measure_extents
from simengine.sensors.scene.scene_arrays import flatten_scene, pose_parts
from tests.sensors.camera_scene import still_history, street_scene, weather

CAMERA = intrinsics_of_fov(240, 144, math.radians(80.0))


def measure(actors, eye=(1.0, 0.0, 1.3), num_threads=1):
    scene = street_scene(weather(), actors=actors, furnished=False)
    arrays = flatten_scene(scene)
    world_from_part, present = pose_parts(arrays, scene.actors, still_history(scene, actors).poses_at(0), scene.origin)
    present &= arrays.part_actor != 0
    pose = np.eye(4)
    camera_from_world = optical_from_world(world_from_optical(pose), np.asarray(eye, float))
    visibility = draw_visibility(arrays, world_from_part, present, camera_from_world, CAMERA)
    masks = empty_masks(CAMERA.height, CAMERA.width)
    read_masks(visibility, label_table(arrays.semantic, arrays.part, arrays.part_instance), 1, masks)
    instance = masks.instance
    extents = measure_extents(
        arrays, world_from_part, present, camera_from_world, CAMERA, instance, len(actors), num_threads
    )
    return extents, instance


EGO = ("sedan", -5.0, 0.0, 0.0)


def test_an_actor_alone_is_as_visible_as_it_is_large():
    extents, instance = measure((EGO, ("sedan", 12.0, 1.0, 0.3)))
    mask = instance == 2
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    assert extents.visible_pixels[1] == extents.amodal_pixels[1] == mask.sum() > 500
    np.testing.assert_array_equal(extents.visible[1], box)
    np.testing.assert_array_equal(extents.amodal[1], box)
    np.testing.assert_allclose(extents.unclipped[1], box, atol=1.0)


def test_a_hidden_actor_keeps_its_amodal_extent_and_names_its_occluder():
    alone, _ = measure((EGO, ("sedan", 20.0, 0.0, 0.0)))
    hidden, _ = measure((EGO, ("sedan", 20.0, 0.0, 0.0), ("van", 10.0, 0.4, 0.0)))
    assert hidden.amodal_pixels[1] == alone.amodal_pixels[1]
    np.testing.assert_array_equal(hidden.amodal[1], alone.amodal[1])
    assert hidden.visible_pixels[1] < 0.4 * alone.visible_pixels[1]
    assert hidden.occluder[1] == 3
    assert hidden.occluder[2] == 0


def test_at_the_border_the_box_is_cut_and_the_unclipped_box_is_not():
    extents, _ = measure((EGO, ("bus", 9.0, 6.5, 0.0)))
    assert extents.amodal[1, 0] == 0.0
    assert extents.unclipped[1, 0] < -20.0
    assert extents.unclipped[1, 2] == pytest.approx(extents.amodal[1, 2], abs=1.0)


def test_what_is_behind_the_camera_has_no_extent():
    extents, _ = measure((EGO, ("sedan", -20.0, 0.0, 0.0)))
    assert extents.amodal_pixels[1] == extents.visible_pixels[1] == 0
    np.testing.assert_array_equal(extents.unclipped[1], 0.0)


def test_an_actor_beside_the_camera_is_measured_from_the_near_plane_on():
    extents, _ = measure((EGO, ("truck", 1.0, 2.2, 0.0)))
    assert extents.amodal_pixels[1] > 1000
    assert np.isfinite(extents.unclipped[1]).all()
    assert extents.unclipped[1, 0] < -200.0


@pytest.mark.parametrize("num_threads", [2, 3, 9])
def test_any_number_of_threads_measures_the_same(num_threads):
    actors = (EGO, *(("sedan", 8.0 + 5.0 * k, 3.0 * (-1) ** k, 0.4 * k) for k in range(5)))
    alone, together = measure(actors)[0], measure(actors, num_threads=num_threads)[0]
    assert (alone.amodal_pixels[1:] > 20).all()
    for name, expected, found in zip(alone._fields, alone, together, strict=True):
        assert np.array_equal(expected, found), name


def test_who_hides_behind_a_bus_is_as_large_as_without_it():
    hidden = ("sedan", 26.0, 0.0, 0.0)
    extents, instance = measure((EGO, ("bus", 14.0, 0.0, 0.0), hidden))
    alone, _ = measure((EGO, hidden))
    assert not (instance == 3).any()
    assert extents.amodal_pixels[2] == alone.amodal_pixels[1] > 50
    assert np.array_equal(extents.amodal[2], alone.amodal[1])
    assert extents.occluder[2] == 2
