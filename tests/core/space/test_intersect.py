"""Oriented boxes as records: the same separation as that of their numbers."""

from simengine.core.space.geometry import boxes_gap
from simengine.core.space.intersect import OrientedBox, box_gap


def test_boxes_as_records_are_as_far_apart_as_their_numbers_say():
    car, walker = OrientedBox(0.0, 0.0, 0.3, 4.0, 2.0), OrientedBox(6.0, 2.5, -0.4, 0.5, 0.7)
    assert box_gap(car, walker) == boxes_gap(*car, *walker) > 0.0
    assert box_gap(car, walker._replace(x=1.0, y=0.5)) == boxes_gap(*car, 1.0, 0.5, *walker[2:]) < 0.0
