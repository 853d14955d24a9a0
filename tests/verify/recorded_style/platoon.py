"""A recorded platoon for tests: cars one behind the other on a street of two lanes, as a CommonRoad file."""

from tests.road.drawn_recordings import car, street, write


def platoon(folder, count=5, spacing=25.0, speed=12.0, last=60, name="ZAM_Street-1_1_T-1.xml", first_id=10, inside=""):
    """Write a file with `count` cars in the right lane, the rearmost at x = 20 m; return its path."""
    cars = [car(first_id + k, 20.0 + k * spacing, speed=speed, last=last) for k in range(count)]
    return write(folder, street(2, mark="dashed"), *cars, inside, name=name)
