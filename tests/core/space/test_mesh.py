"""Triangle meshes: what lies inside one."""

import numpy as np
import pytest

from simengine.core.space.mesh import encloses, merge_meshes, transform_mesh
from tests.sensors.lidar_scene import box_mesh

BOX = box_mesh((4.0, 2.0, 1.0))


@pytest.mark.parametrize(
    ("point", "inside"),
    [((0.0, 0.0, 0.0), True), ((1.99, -0.99, 0.49), True), ((2.01, 0.0, 0.0), False), ((0.0, 0.0, 0.7), False)],
)
def test_a_box_encloses_what_lies_within_its_faces(point, inside):
    assert encloses(BOX, np.array(point)) is inside


def test_solids_that_overlap_enclose_what_lies_in_any_of_them():
    both = merge_meshes([BOX, transform_mesh(BOX, (1.0, 0.5, 0.3), 0.2)])
    assert encloses(both, np.array([0.5, 0.2, 0.1])) and encloses(both, np.array([2.6, 0.9, 0.3]))
    assert not encloses(both, np.array([-1.0, 1.5, 0.3]))


def test_nothing_encloses_nothing():
    assert not encloses(merge_meshes([]), np.zeros(3))
