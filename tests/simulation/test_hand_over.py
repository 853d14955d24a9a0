"""Recorded vehicles that were handed over drive on to the map's end and leave there, as ordinary traffic does."""

import pytest

import simengine
from simengine.core.state import EGO
from simengine.simulation.loop.simulator import Simulator
from tests.road.drawn_recordings import car, problem, street, write

END = 300.0  # of the street that is drawn [m]


def drive_after(path, backend):
    """Yield the state of an episode that goes on after its ego's end, step by step."""
    overrides = ["road=commonroad", "traffic=replay", "sensors=none", "pedestrians=none", "traffic.reactive=true",
                 f"physics={backend}", f"road.file='{path}'", "scenario.duration=40"]  # fmt: skip
    simulator = Simulator(simengine.load_scenario("drive", overrides), ends_with_ego=False)
    yield simulator.reset().state
    while not simulator.done:
        yield simulator.step().state


@pytest.mark.parametrize("last", [40, 240])  # in the middle of the map and past its end
@pytest.mark.parametrize("backend", ["batched", "bullet"])
def test_a_vehicle_handed_over_leaves_at_the_maps_end_without_braking(tmp_path, backend, last):
    if backend == "bullet":
        pytest.importorskip("pybullet")
    # The ego comes up from behind, fast enough that the recorded car has to look after itself.
    # One who stands behind them all the time keeps the recording going.
    standing = car(11, 20.0, speed=0.0, last=400)
    path = write(tmp_path, street(1), car(10, 80.0, last=last), standing, problem(100, 55.0, speed=20.0))
    freed, farthest, slowest, left = False, 0.0, 99.0, False
    for state in drive_after(path, backend):
        assert state.valid[0, EGO]
        if not state.valid[0, 1]:
            left = True
            continue
        assert not left, "nobody comes back"
        freed |= not state.replayed[0, 1]
        farthest = float(state.position[0, 1, 0])
        if farthest > END - 60.0:
            slowest = min(slowest, float(state.velocity[0, 1, 0]))
    assert freed and left
    assert END - 1.0 < farthest < END + 2.0 and slowest > 8.0
