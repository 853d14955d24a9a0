"""A plain road, vehicles on it, and drives that measure the physics: braking, steady cornering, parking on a slope.

Functions that return numbers; the tests hold a few of them against closed forms, `tools/check.py physics` all.
"""

import math
import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.mechanics import GRAVITY
from simengine.core.space.geometry import yaw_from_quaternion
from simengine.core.state import ActorTable, Controls, WorldState, empty_actors, empty_controls, empty_state
from simengine.core.surface_friction import ASPHALT
from simengine.physics.backend import Contact, FrictionPatches, Ground, StaticBox
from simengine.physics.vehicle.catalog import fill_actor, model_named
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import LaneType, RoadNetwork
from tools.checks.motion.closed_forms import understeer_gradient

RATE = 120  # [Hz]
SLIDING = ASPHALT.dry_sliding / ASPHALT.dry  # friction of sliding tires over the greatest, of a dry road


def plain(grade: float = 0.0, length: float = 2000.0, bank: float = 0.0) -> RoadNetwork:
    """Return one wide straight lane along x through the origin, rising by `grade` and banked by `bank` [rad]."""
    x = np.linspace(-0.5 * length, 0.5 * length, 5)
    points = np.stack([x, np.zeros(5), grade * x], axis=1)
    lane = LaneDraft("plain", points, np.full(5, 60.0), np.full(5, bank), LaneType.FLOOR)
    return build_network([lane])


def no_patches() -> FrictionPatches:
    """Return a table without slippery discs."""
    none = np.zeros((1, 0))
    return FrictionPatches(np.zeros((1, 0), np.bool_), none, none, none, none)


@dataclass
class World:
    """A physics with its arrays, stepped by hand."""

    physics: object
    actors: ActorTable
    state: WorldState
    controls: Controls
    contacts: list[Contact]

    def run(self, ticks: int) -> None:
        """Advance with the controls as they are, collecting contacts."""
        for _ in range(ticks):
            self.state = self.physics.step(self.state, self.controls)
            self.contacts += self.physics.contacts()

    def forward_speed(self, actor: int = 0) -> float:
        """Return the horizontal speed of an actor [m/s]."""
        return float(np.hypot(self.state.velocity[0, actor, 0], self.state.velocity[0, actor, 1]))

    def yaw(self, actor: int = 0) -> float:
        """Return the yaw of an actor [rad]."""
        return float(yaw_from_quaternion(*self.state.orientation[0, actor]))


@dataclass
class Placed:
    """One actor to place."""

    model: str
    x: float = 0.0
    y: float = 0.0
    z: float | None = None  # box center [m]; on level ground if None
    yaw: float = 0.0
    speed: float = 0.0  # along the yaw, but for `drift` [m/s]
    drift: float = 0.0  # direction of the motion, to the left of the yaw [rad]
    valid: bool = True
    replayed: bool = False
    behavior: int = 0


def make_world(
    placed: list[Placed],
    friction: float = 0.75,
    network: RoadNetwork | None = None,
    obstacles: tuple[StaticBox, ...] = (),
    patches: FrictionPatches | None = None,
    rate: int = RATE,
    resistance: bool = True,
) -> World:
    """Build a `bullet` world of actors on a level plain or another network.

    Args:
        placed: The actors.
        friction: µ.
        network: The ground.
        obstacles: Scenery.
        patches: Slippery discs.
        rate: [Hz].
        resistance: Whether there is air drag and rolling resistance.
    """
    from simengine.physics.bullet.bullet import BulletPhysics

    actors, state = empty_actors(1, len(placed)), empty_state(1, len(placed))
    for a, one in enumerate(placed):
        fill_actor(actors, 0, a, one.model, (0.5, 0.5, 0.5))
        actors.behavior[0, a] = one.behavior
        height = actors.height[0, a]
        state.position[0, a] = (one.x, one.y, 0.5 * height if one.z is None else one.z)
        state.orientation[0, a] = (math.cos(0.5 * one.yaw), 0.0, 0.0, math.sin(0.5 * one.yaw))
        course = one.yaw + one.drift
        state.velocity[0, a, :2] = one.speed * math.cos(course), one.speed * math.sin(course)
        state.valid[0, a], state.replayed[0, a] = one.valid, one.replayed
    if not resistance:
        actors.drag[:] = 0.0
        actors.rolling_resistance[:] = 0.0
    ground = Ground(
        plain() if network is None else network, np.array([friction]), no_patches() if patches is None else patches,
        obstacles, SLIDING,
    )  # fmt: skip
    physics = BulletPhysics()
    state = physics.reset(actors, state, ground, rate)
    return World(physics, actors, state, empty_controls(1, len(placed)), [])


def single(model: str, speed: float = 0.0, **settings) -> World:
    """Build a world of one actor that moves along x."""
    return make_world([Placed(model, speed=speed)], **settings)


def brake_from(
    model: str, speed: float, friction: float, resistance: bool = False, pedal: float = -20.0
) -> tuple[float, float]:
    """Return the distance [m] and time [s] of a full stop, from when the vehicle passes `speed` [m/s] while braking.

    The pedal is down from 3 m/s above, so the actuator's lag is over where the measurement begins.
    """
    world = single(model, speed + 3.0, friction=friction, resistance=resistance)
    world.controls.acceleration[:] = pedal
    begin = None
    for tick in range(200 * RATE):
        before_x, before_v = world.state.position[0, 0, 0], world.forward_speed()
        world.run(1)
        after_x, after_v = world.state.position[0, 0, 0], world.forward_speed()
        if begin is None and after_v <= speed:
            share = (before_v - speed) / (before_v - after_v)
            begin = (before_x + share * (after_x - before_x), tick + share)
        if after_v < 1e-3:
            break
    world.physics.close()
    return float(world.state.position[0, 0, 0] - begin[0]), (tick + 1 - begin[1]) / RATE


def brake_with_lag(model: str, speed: float, friction: float, pedal: float) -> float:
    """Return the distance [m] to a full stop from when the pedal goes down at `speed` [m/s], resistances on."""
    world = single(model, speed, friction=friction)
    start = world.state.position[0, 0, 0]
    world.controls.acceleration[:] = pedal
    while world.forward_speed() > 1e-3:
        world.run(1)
    world.physics.close()
    return float(world.state.position[0, 0, 0] - start)


def steady_cornering(model: str, speed: float, lateral: float, friction: float = 0.75) -> tuple[float, float, float]:
    """Drive a circle at a speed [m/s] that asks for a lateral acceleration [m/s²] and return what comes.

    Returns:
        Yaw rate [rad/s], speed [m/s] and steering angle [rad], means over the last second.
    """
    world = single(model, speed, friction=friction)
    wheelbase = float(world.actors.front_axle[0, 0] + world.actors.rear_axle[0, 0])
    steering = lateral * (wheelbase / speed**2 + understeer_gradient(model_named(model)))
    rates, speeds = [], []
    for tick in range(8 * RATE):
        world.controls.steering[:] = steering * min(1.0, tick / (2.0 * RATE))
        world.controls.acceleration[:] = 2.0 * (speed - world.forward_speed()) + 0.5
        world.run(1)
        if tick >= 7 * RATE:
            rates.append(world.state.angular_velocity[0, 0, 2])
            speeds.append(world.forward_speed())
    world.physics.close()
    return float(np.mean(rates)), float(np.mean(speeds)), float(world.state.steering[0, 0])


def park_on_slope(model: str, grade: float, seconds: float, yaw: float = 0.0, friction: float = 0.75) -> float:
    """Return how far a parked vehicle creeps on a slope [m]."""
    world = make_world([Placed(model, yaw=yaw)], friction=friction, network=plain(grade))
    start = world.state.position[0, 0].copy()
    world.run(round(seconds * RATE))
    world.physics.close()
    return float(np.sqrt(((world.state.position[0, 0] - start) ** 2).sum()))


def settle_motion(model: str, speed: float, network: RoadNetwork, yaw: float = 0.0, seconds: float = 1.0) -> float:
    """Return the greatest vertical velocity across the ground after reset [m/s]: zero if it starts in equilibrium."""
    world = make_world([Placed(model, yaw=yaw, speed=speed)], network=network)
    greatest = 0.0
    grade = float(network.point_position[1, 2] - network.point_position[0, 2])
    grade /= float(network.point_position[1, 0] - network.point_position[0, 0])
    for _ in range(round(seconds * RATE)):
        world.run(1)
        vx, _, vz = world.state.velocity[0, 0]
        greatest = max(greatest, abs(vz - grade * vx))
    world.physics.close()
    return greatest


def momentum(world: World) -> NDArray[np.float64]:
    """Return the momentum of all actors together [kg m/s]. Shape (3,)."""
    return (world.actors.mass[0, :, None] * world.state.velocity[0]).sum(axis=0)


class Collision(NamedTuple):
    """What became of momentum in a collision; shares of what the striking car brought."""

    changed: float  # of all momentum in the plane, the greater component
    road: float  # what tires can have changed meanwhile, at most
    told: float  # what the struck car got along the contacts' normals over what the contacts say it got


def collide(offset: float, heading: float, friction: float = 0.3, ticks: int = 12) -> Collision:
    """Let a car at 20 m/s run into another at 2 m/s.

    Args:
        offset: Of the struck car to the left [m].
        heading: Of the struck car [rad].
        friction: µ.
        ticks: Over which the collision is watched.
    """
    world = make_world(
        [Placed("sedan", speed=20.0), Placed("suv", x=9.0, y=offset, yaw=heading, speed=2.0)], friction=friction
    )
    while not world.contacts:
        before, start = world.state, momentum(world)
        world.run(1)
    world.run(ticks - 1)
    world.physics.close()
    brought = 20.0 * float(world.actors.mass[0, 0])
    struck = world.actors.mass[0, 1] * (world.state.velocity[0, 1] - before.velocity[0, 1])
    pushed = -sum(contact.impulse * np.array(contact.normal) for contact in world.contacts)
    return Collision(
        float(np.abs(momentum(world)[:2] - start[:2]).max()) / brought,
        friction * GRAVITY * float(world.actors.mass[0].sum()) * ticks / RATE / brought,
        float((struck * pushed).sum() / (pushed * pushed).sum()),
    )


def drive_many(count: int = 40, seconds: float = 10.0) -> float:
    """Drive cars in two lanes, each steering and braking, and return the real-time factor of one core."""
    world = make_world([Placed("sedan", x=15.0 * (a // 2), y=4.0 * (a % 2), speed=15.0) for a in range(count)])
    phase = np.arange(count)
    world.run(RATE // 2)
    begin = time.process_time()
    for tick in range(0, round(seconds * RATE), 6):
        world.controls.steering[0] = 0.01 * np.sin(0.05 * tick + phase)
        world.controls.acceleration[0] = 0.5 * np.cos(0.03 * tick + phase) + 0.3
        world.run(6)
    spent = time.process_time() - begin
    world.physics.close()
    return seconds / spent
