"""A driver under test brakes for who visibly will not stop at red, and for nobody else."""

import math

import numpy as np
import pytest

from simengine.behavior.driver_state import EXIT_TURN
from simengine.behavior.ego.drivers import make_driver
from simengine.road.network.network import SignalColor, Turn
from simengine.road.network.signals import signal_colors
from tests.behavior.ego.test_drivers import ego, look
from tests.behavior.small_world import DT, SmallWorld, junction

NETWORK = junction(True)
ARM = 100.0  # of the ego's start before its line [m]


def approaches():
    """Return a lane that has green at the start, one of the other street that has red, and their stop lines' s."""
    colors = signal_colors(NETWORK, 0.5)
    green = next(k for k, s in enumerate(NETWORK.stop_signal) if s >= 0 and colors[s] == SignalColor.GREEN)
    red = next(k for k, s in enumerate(NETWORK.stop_signal) if s >= 0 and colors[s] == SignalColor.RED)
    return [(int(NETWORK.stop_lane[k]), float(NETWORK.stop_s[k])) for k in (green, red)]


class Crossing:
    """The ego on green at 12 m/s; another comes on red so that both would be in the middle at the same time."""

    def __init__(self, model: str, speed: float, back: float = 0.0, reaction: float = 0.5):
        (own, line), (other, other_line) = approaches()
        self.world = SmallWorld(NETWORK, ["sedan", model])
        self.world.drives[0, :] = False
        self.world.put(0, own, line - 70.0, 12.0)
        self.world.memory.choice[0, 0, EXIT_TURN] = int(Turn.STRAIGHT)
        way = (70.0 + 10.0) / 12.0 * speed - 10.0 + back
        self.world.put(1, other, other_line - way, speed)
        self.speed, self.line_way = speed, way
        self.driver = make_driver(ego(speed=12.0, desired_speed=12.0, reaction_time=reaction), NETWORK, DT)
        self.asked: list[float] = []
        self.apart = math.inf

    def run(self, steps: int, stops_with: float = 0.0, hidden: float = 0.0) -> None:
        """Drive on; the other is hidden at first [s], and begins to brake [m/s²] where that leads it to its line."""
        world = self.world
        half = 0.5 * float(world.actors.length[0, 1])
        gone = 0.0
        for _ in range(steps):
            world.decide()
            view = look(world)
            if world.time < hidden:
                view = view._replace(visible=np.array([True, False]))
            control = self.driver.decide(view)
            world.controls.acceleration[0, 0], world.controls.steering[0, 0] = control.acceleration, control.steering
            speed = world.speed(1)
            left = self.line_way - gone - half - 0.8
            brakes = stops_with > 0.0 and speed * speed >= 2.0 * stops_with * max(left, 0.01)
            world.controls.acceleration[0, 1] = -stops_with if brakes else 0.0
            world.move()
            gone += speed * DT
            self.asked.append(control.acceleration)
            if world.touching() != (-1, -1):
                self.apart = -1.0
                return


@pytest.mark.parametrize("model", ["sedan", "truck", "bicycle"])
def test_the_ego_brakes_for_one_who_runs_red_in_full_view(model):
    crossing = Crossing(model, 8.0 if model == "bicycle" else 13.0)
    crossing.run(240)
    assert crossing.apart > 0.0, f"touched at {crossing.world.time:.2f} s"
    assert min(crossing.asked) < -2.0


@pytest.mark.parametrize("deceleration", [1.5, 2.5, 3.2])
def test_the_ego_does_not_brake_for_one_who_stops_at_red(deceleration):
    crossing = Crossing("sedan", 13.0)
    crossing.run(200, deceleration)
    assert crossing.world.speed(1) < 0.3 and crossing.apart > 0.0
    assert min(crossing.asked) > -0.6


def test_the_ego_does_not_brake_for_a_runner_long_gone():
    crossing = Crossing("sedan", 13.0, back=-60.0)
    crossing.run(200)
    assert min(crossing.asked) > -2.0  # no more than for anybody who is just leaving the lane ahead


@pytest.mark.parametrize("hidden", [0.0, 5.2])
@pytest.mark.parametrize(
    ("model", "speed", "back"), [("sedan", 10.5, 12.0), ("sedan", 13.0, 15.0), ("truck", 8.0, 9.0)]
)
def test_the_ego_goes_on_where_it_is_out_of_the_way_before_the_runner_comes(model, speed, back, hidden):
    """At 12 m/s a stop takes 11 m: begun nearer than that, it would end in the runner's way."""
    crossing = Crossing(model, speed, back, reaction=0.7)
    crossing.run(200, hidden=hidden)
    assert crossing.apart > 0.0, f"touched at {crossing.world.time:.2f} s"
    assert min(crossing.asked) > -2.0


def test_what_is_out_of_sight_is_not_known():
    crossing = Crossing("sedan", 13.0)
    hidden = crossing.world
    view = look(hidden)
    blind = view._replace(visible=np.array([True, False]))
    for _ in range(40):
        control = crossing.driver.decide(blind)
    assert control.acceleration > -0.6
