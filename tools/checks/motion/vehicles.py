"""How each vehicle of the catalog moves in both physics, beside what its parameters say: the page of vehicles."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from simengine.core.mechanics import GRAVITY
from simengine.core.state import Behavior, Mobility, empty_actors, empty_controls, empty_state
from simengine.physics.backend import Ground, StaticBox
from simengine.physics.contact.crush import RATE, has_bodywork
from simengine.physics.vehicle import catalog
from simengine.physics.vehicle.catalog import VehicleModel, all_models, fill_actor
from tools.checks.maneuvers.ours import Vehicle, physics_named
from tools.checks.motion.closed_forms import full_stop_distance, run_up_time, understeer_gradient
from tools.checks.motion.proving_ground import RATE as TICKS
from tools.checks.motion.proving_ground import SLIDING, no_patches, plain

DRY = 0.9  # µ of the measurements
_TURNING_SPEED = 1.5  # [m/s]
_STEADY_SPEED = 15.0  # at which understeer is measured [m/s]
_STEADY = (1.0, 2.5)  # lateral accelerations between which it is [m/s²]
_WALL_SPEED = 30.0 / 3.6  # [m/s]
_BRAKED_FROM = 50.0 / 3.6  # [m/s]
_STRAIGHT = 0.03  # margin of run-ups and stops over their closed forms


class Figure(NamedTuple):
    """One figure of one vehicle."""

    model: str
    what: str
    unit: str
    expected: float  # by closed form
    measured: dict[str, float]  # by physics
    margin: float  # of the expected one

    @property
    def good(self) -> bool:
        """Whether every physics keeps to what the parameters say."""
        return all(abs(value - self.expected) <= self.margin for value in self.measured.values())


def driven() -> list[VehicleModel]:
    """Return the vehicles of the catalog that are steered."""
    return [model for model in all_models().values() if model.mobility == Mobility.WHEELED]


def turning_circle(model: VehicleModel) -> float:
    """Return the diameter of the circle of the outer front wheel at full lock, rolling without slip [m]."""
    wheelbase = model.front_axle + model.rear_axle
    rear = wheelbase / math.tan(model.max_steering)
    return 2.0 * math.hypot(rear + 0.5 * model.track_width, wheelbase)


def measured_turning_circle(physics: str, model: VehicleModel) -> float:
    """Drive at full lock and return the diameter of the outer front wheel's circle [m]."""
    vehicle = Vehicle(physics, model.name, _TURNING_SPEED, (DRY, DRY), TICKS)
    places = []
    for tick in range(16 * TICKS):
        x, y, yaw, vx, vy, _ = vehicle.center()
        vehicle.step(model.max_steering, 2.0 * (_TURNING_SPEED - math.hypot(vx, vy)))
        if tick >= 4 * TICKS:
            ahead, right = model.front_axle, 0.5 * model.track_width
            cosine, sine = math.cos(yaw), math.sin(yaw)
            places.append((x + ahead * cosine + right * sine, y + ahead * sine - right * cosine))
    vehicle.close()
    xy = np.array(places)
    center = np.linalg.lstsq(np.c_[2.0 * xy, np.ones(len(xy))], (xy * xy).sum(axis=1), rcond=None)[0][:2]
    return 2.0 * float(np.hypot(*(xy - center).T).mean())


def measured_understeer(physics: str, model: VehicleModel) -> float:
    """Return d δ / d a_y beyond L / R at a constant speed [°/g]."""
    beyond = []
    wheelbase = model.front_axle + model.rear_axle
    for lateral in _STEADY:
        vehicle = Vehicle(physics, model.name, _STEADY_SPEED, (DRY, DRY), TICKS)
        angle = (wheelbase / _STEADY_SPEED**2 + understeer_gradient(model)) * lateral
        rows = []
        for tick in range(6 * TICKS):
            _, _, _, vx, vy, rate = vehicle.center()
            speed = math.hypot(vx, vy)
            vehicle.step(angle, 2.0 * (_STEADY_SPEED - speed))
            if tick >= 4 * TICKS:
                rows.append((speed, rate))
        vehicle.close()
        speed, rate = np.mean(rows, axis=0)
        beyond.append((angle - wheelbase * rate / speed, speed * rate))
    (low, less), (high, more) = beyond
    return math.degrees((high - low) / (more - less)) * GRAVITY


def _run(physics: str, model: VehicleModel, speed: float, pedal: float, seconds: float, wall: bool = False):
    """Drive straight ahead with air and rolling resistance; return distance, speed and acceleration of every tick."""
    actors, state, controls = empty_actors(1, 1), empty_state(1, 1), empty_controls(1, 1)
    fill_actor(actors, 0, 0, model.name, (0.5, 0.5, 0.5))
    actors.behavior[:] = Behavior.EGO
    state.valid[:] = True
    state.position[0, 0, 2] = 0.5 * model.height
    state.velocity[0, 0, 0] = speed
    face = 0.5 * model.length + 1.0
    obstacles = (StaticBox((face + 0.5, 0.0, 2.0), 0.0, (1.0, 8.0, 4.0)),) if wall else ()
    world = physics_named(physics)
    ground = Ground(plain(length=6000.0), np.array([DRY]), no_patches(), obstacles, SLIDING)
    state = world.reset(actors, state, ground, TICKS)
    controls.acceleration[:] = pedal
    rows = []
    for _ in range(round(seconds * TICKS)):
        state = world.step(state, controls)
        rows.append((state.position[0, 0, 0], state.velocity[0, 0, 0], state.acceleration[0, 0, 0]))
    world.close()
    return np.array(rows)


def measured_run_up(physics: str, model: VehicleModel, target: float) -> float:
    """Return the time from standing to a speed [m/s] with the pedal down [s]; infinite if not within two minutes."""
    reached = np.flatnonzero(_run(physics, model, 0.0, 20.0, 120.0)[:, 1] >= target)
    return (reached[0] + 1) / TICKS if len(reached) else math.inf


def measured_braking(physics: str, model: VehicleModel) -> float:
    """Return the distance of a full stop from 50 km/h, from the pedal's first movement [m]."""
    rows = _run(physics, model, _BRAKED_FROM, -20.0, 12.0)
    return float(rows[-1, 0]) if abs(rows[-1, 1]) < 0.01 else math.inf


def measured_pulse(physics: str, model: VehicleModel) -> float:
    """Return the hardest deceleration against a wall at 30 km/h [g]."""
    return float(-_run(physics, model, _WALL_SPEED, 0.0, 1.0, wall=True)[:, 2].min() / GRAVITY)


def figures(physics: list[str]) -> Iterator[Figure]:
    """Measure everything."""
    for model in driven():
        name = model.name
        if model.track_width > 0.0:
            circle = turning_circle(model)
            found = {kind: measured_turning_circle(kind, model) for kind in physics}
            yield Figure(name, "turning circle between curbs", "m", circle, found, 0.04 * circle)
            gradient = math.degrees(understeer_gradient(model)) * GRAVITY
            found = {kind: measured_understeer(kind, model) for kind in physics}
            yield Figure(name, "understeer gradient", "°/g", gradient, found, 0.3)
        target = (25.0 if model.max_speed < 30.0 else 60.0 if model.max_speed < 40.0 else 100.0) / 3.6
        found, time = {kind: measured_run_up(kind, model, target) for kind in physics}, run_up_time(model, target, DRY)
        yield Figure(name, f"from 0 to {target * 3.6:.0f} km/h", "s", time, found, _STRAIGHT * time)
        if model.max_speed > _BRAKED_FROM:
            found = {kind: measured_braking(kind, model) for kind in physics}
            way = full_stop_distance(model, _BRAKED_FROM, DRY)
            yield Figure(name, "stops from 50 km/h", "m", way, found, _STRAIGHT * way)
        if has_bodywork(model.mobility, model.track_width):
            found = {kind: measured_pulse(kind, model) for kind in physics}
            pulse = RATE * _WALL_SPEED / GRAVITY
            yield Figure(name, "wall at 30 km/h, peak", "g", pulse, found, 0.05 * pulse)


def as_line(figure: Figure) -> str:
    """Return a figure as one line."""
    measured = ", ".join(f"{kind} {value:.4g}" for kind, value in figure.measured.items())
    said = f" (by its parameters {figure.expected:.4g} ± {figure.margin:.2g})"
    mark = "ok " if figure.good else "BAD"
    return f"{mark} {figure.model:12} {figure.what:26} {measured} {figure.unit}{said}"


def document(found: Sequence[Figure], command: str) -> str:
    """Return the page of vehicles: parameters, where they come from, what they do, what is not modeled."""
    lines = [_HEAD.format(command=command, friction=DRY)]
    wheeled = (Mobility.WHEELED, Mobility.DIFFERENTIAL)
    models = [model for model in all_models().values() if model.mobility in wheeled]
    lines += ["| | " + " | ".join(model.name for model in models) + " |", "|---|" + "---:|" * len(models)]
    for name, unit, scale in _PARAMETERS:
        row = [f"{scale * getattr(model, name):.5g}" for model in models]
        lines.append(f"| {name.replace('_', ' ')}{f' [{unit}]' if unit else ''} | " + " | ".join(row) + " |")
    lines += ["", "## Where the parameters come from", "", (catalog.__doc__ or "").split("\n\n", 1)[1].strip(), ""]
    lines += ["## What they do", "", _DOES, ""]
    kinds = list(found[0].measured)
    lines += ["| vehicle | figure | by its parameters | " + " | ".join(kinds) + " |"]
    lines += ["|---|---|---:|" + "---:|" * len(kinds)]
    for figure in found:
        cells = [f"{figure.measured[kind]:.4g}" for kind in kinds]
        said = f"| {figure.model} | {figure.what} [{figure.unit}] | {figure.expected:.4g} | "
        lines.append(said + " | ".join(cells) + " |")
    return "\n".join([*lines, "", _MISSING])


_PARAMETERS = (
    ("length", "m", 1.0), ("width", "m", 1.0), ("height", "m", 1.0), ("mass", "kg", 1.0), ("yaw_inertia", "kg m²", 1.0),
    ("front_axle", "m", 1.0), ("rear_axle", "m", 1.0), ("cog_height", "m", 1.0), ("track_width", "m", 1.0),
    ("wheel_radius", "m", 1.0), ("front_stiffness", "1/rad", 1.0), ("rear_stiffness", "1/rad", 1.0),
    ("max_steering", "°", 180.0 / math.pi), ("max_steering_rate", "°/s", 180.0 / math.pi),
    ("max_acceleration", "m/s²", 1.0), ("max_deceleration", "m/s²", 1.0), ("power", "kW", 1e-3),
    ("brake_front", "", 1.0), ("drive_front", "", 1.0), ("stability", "", 1.0), ("drag_area", "m²", 1.0),
    ("rolling_resistance", "", 1.0), ("max_speed", "km/h", 3.6),
)  # fmt: skip
_HEAD = """# Vehicles

What the vehicles of the catalog are and how they move, in both physics. `.venv/bin/python {command}`
makes this page (µ {friction} of a dry road); it fails where a vehicle does not keep to what its parameters say. How
they move in maneuvers beside published models is told in [maneuvers](maneuvers.md).

## Parameters

Stiffness is lateral force per load and slip angle; `brake front` and `drive front` are the shares of the front axle.
"""
_DOES = """\
All follow from the parameters in closed form: the circle of the outer front wheel at full lock without slip; the
difference of the axles' slip per lateral acceleration, measured at 15 m/s between 1 and 2.5 m/s²; the stiffness of
bodywork against a wall; run-ups with the pedal down by force, power and traction of the driven wheels; stops by
friction or brakes, whichever holds less. Air and rolling resistance and the pedal's lag are included. Measured figures
may differ by 4 % (turning circle), 0.3 °/g (understeer), 5 % (wall) and 3 % (run-ups and stops)."""
_MISSING = """## What is not modeled

- *Suspension*: springs, dampers and anti-roll bars act along the body's up axis; no kinematics, no bump or roll steer,
  no jacking. `batched` has no springs: loads move between the wheels at once.
- *Tires*: one bristle law for all, without camber, temperature, pressure or wear; load changes grip but not stiffness
  per load.
- *Power train*: a force up to a limit, then a power; no gears, clutch, engine braking or reverse. Brakes and drive have
  a lag of first order, anti-lock brakes and traction control are ideal slip controllers at each wheel.
- *Trailers*: trucks are rigid.
- *Two-wheelers*: riders balance them by a torque, steer and brake within the friction, and fall when struck; in
  `batched` they do not lean.
- *Crashes*: the crush zone is whole again for the next collision, boxes keep their shape and overlap by the crush,
  sides are as stiff as the front; two-wheelers, people and loads are hard. Struck people are
  rigid boxes that fall; in `bullet` a car's bonnet and windscreen have no slope.
- *Robots*: two driven wheels amidships and casters without friction.
"""
