"""A recorded platoon for tests: cars one behind the other on a street of two lanes, as a CommonRoad file."""

from tests.road.drawn_recordings import car, obstacle, state, street, write


def platoon(folder, count=5, spacing=25.0, speed=12.0, last=60, name="ZAM_Street-1_1_T-1.xml", first_id=10, inside=""):
    """Write a file with `count` cars in the right lane, the rearmost at x = 20 m; return its path."""
    cars = [car(first_id + k, 20.0 + k * spacing, speed=speed, last=last) for k in range(count)]
    return write(folder, street(2, mark="dashed"), *cars, inside, name=name)


def braking(name, x, speed=12.0, deceleration=1.0, steps=60, y=1.75):
    """Return a car that slows down steadily, never below 2 m/s."""
    states, v = [], speed
    for k in range(1, steps + 1):
        x += 0.1 * v
        v = max(2.0, v - 0.1 * deceleration)
        states.append(state("state", k, x, y, speed=v))
    return obstacle(name, state("initialState", 0, x - 6.0, y, speed=speed) + f"<trajectory>{''.join(states)}</trajectory>")
