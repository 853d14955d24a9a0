"""The models of actors by name: sizes, masses, axles, tires, limits; each fills a row of the `ActorTable`.

Sources, named at each model: [CR] Althoff & Würsching, "CommonRoad: Vehicle Models", 2020, parameter sets 1–3 (body
size, mass, inertia, axles, height of the center of mass, wheel radius, steering rate, brake limit a_max, top speed;
power is a_max · v_switch · m, the corner of their acceleration limit; `brake_front` and `drive_front` are the multi-
body model's T_sb and T_se). [NCAP] Euro NCAP target dimensions. [EU] Directive 96/53/EC, largest vehicle sizes. [typ]
typical of the class, from manufacturers' data sheets; yaw inertia of [typ] vehicles follows from k² = a·b, the usual
dynamic index of about one, and their brakes are split so that both axles need the same friction at 0.7 g, in the middle
of the loads of ECE R13, annex 10. Overhangs are not in [CR]; they are split as in the real cars and fix `cog_offset`.
Drag areas and rolling resistance: Hucho, "Aerodynamics of Road Vehicles", and Gillespie, "Fundamentals of Vehicle
Dynamics", ch. 4.

Stiffness per load of an axle is 57.3 over its cornering compliance in °/g, which takes in the elasticity of steering
and suspension: 4 to 6 front and 2.5 to 4 rear in cars (Bundorf & Leffert, "The cornering compliance concept", SAE
760713; the car of Rajamani, "Vehicle Dynamics and Control", table 2.1, has 3.3 and 2.3), so that they understeer by 1.5
to 2 °/g, within the 1 to 3 that cars have (Gillespie, ch. 6). Truck tires have 0.1 to 0.18 of the load per degree, and
elastic steering (Fancher et al., "A factbook of the mechanical properties of the components for single-unit and
articulated heavy trucks", UMTRI-86-12, 1986): 3 °/g for the truck; a bus understeers too (Yu, Muthiah & Kulakowski,
Int. J. Vehicle Systems Modeling and Testing 2, 2007), by 2.5 °/g here.

Locks are those of the turning circle D, between curbs where not said otherwise: the outer front wheel runs on D / 2,
hence the rear axle's middle on ρ = √(D²/4 − L²) − T/2 and the lock is atan(L / ρ).

The reference cars `ford_escort` and `bmw_320i` keep what [CR] 1 and 2 say of steering and tires (C_S 20.9 on both
axles: neutral; the steering's stops), which no real car has, for comparison with the published models; traffic does not
draw them.

`stability`: cars, trucks and buses have stability control, as UN R140 and R13 ask for; the reference cars have none.
"""

from collections.abc import Iterable
from typing import NamedTuple

from simengine.core.errors import ScenarioError, suggest
from simengine.core.state import ActorKind, ActorTable, Mobility
from simengine.core.weather import air_density


class VehicleModel(NamedTuple):
    """One model of actor; the fields are those of `simengine.core.state.ActorTable`, in the same units."""

    name: str
    kind: ActorKind
    mobility: Mobility
    variant: int  # parametric mesh of its kind
    length: float
    width: float
    height: float
    mass: float
    yaw_inertia: float
    front_axle: float
    rear_axle: float
    cog_offset: float
    cog_height: float
    track_width: float
    wheel_radius: float
    front_stiffness: float
    rear_stiffness: float
    max_steering: float
    max_steering_rate: float
    max_acceleration: float
    max_deceleration: float
    power: float
    brake_front: float
    drive_front: float
    drag_area: float
    rolling_resistance: float
    max_speed: float
    stability: bool = False


REFERENCE_CARS = ("ford_escort", "bmw_320i")  # of [CR] as published, for comparisons only
STANDARD_AIR = air_density(15.0)  # [kg/m³]
_TABLE_FIELDS = tuple(field for field in VehicleModel._fields if field not in ("name", "drag_area"))


def _box_inertia(mass: float, length: float, width: float) -> float:
    return mass * (length * length + width * width) / 12.0


def _walker(
    name: str,
    kind: ActorKind,
    variant: int,
    size: tuple[float, float, float],
    mass: float,
    cog_height: float,
    acceleration: float,
    max_speed: float,
) -> VehicleModel:
    length, width, height = size
    return VehicleModel(
        name=name,
        kind=kind,
        mobility=Mobility.WALKER,
        variant=variant,
        length=length,
        width=width,
        height=height,
        mass=mass,
        yaw_inertia=_box_inertia(mass, length, width),
        front_axle=0.0,
        rear_axle=0.0,
        cog_offset=0.0,
        cog_height=cog_height,
        track_width=0.0,
        wheel_radius=0.0,
        front_stiffness=0.0,
        rear_stiffness=0.0,
        max_steering=0.0,
        max_steering_rate=0.0,
        max_acceleration=acceleration,
        max_deceleration=acceleration,
        power=0.0,
        brake_front=0.0,
        drive_front=0.0,
        drag_area=0.0,
        rolling_resistance=0.0,
        max_speed=max_speed,
    )


def _free(
    name: str, kind: ActorKind, variant: int, size: tuple[float, float, float], mass: float, cog_height: float
) -> VehicleModel:
    length, width, height = size
    return VehicleModel(
        name=name,
        kind=kind,
        mobility=Mobility.FREE,
        variant=variant,
        length=length,
        width=width,
        height=height,
        mass=mass,
        yaw_inertia=_box_inertia(mass, length, width),
        front_axle=0.0,
        rear_axle=0.0,
        cog_offset=0.0,
        cog_height=cog_height,
        track_width=0.0,
        wheel_radius=0.0,
        front_stiffness=0.0,
        rear_stiffness=0.0,
        max_steering=0.0,
        max_steering_rate=0.0,
        max_acceleration=0.0,
        max_deceleration=0.0,
        power=0.0,
        brake_front=0.0,
        drive_front=0.0,
        drag_area=0.0,
        rolling_resistance=0.0,
        max_speed=0.0,
    )


def _vehicles() -> list[VehicleModel]:
    # fmt: off
    return [
        # Ford Escort [CR 1], understeering; turning circle 10.0 m; front overhang 0.88 m.
        VehicleModel(
            name="compact_car", kind=ActorKind.CAR, mobility=Mobility.WHEELED, variant=0, length=4.298, width=1.674,
            height=1.39, mass=1225.888, yaw_inertia=1538.853, front_axle=0.88392, rear_axle=1.50876, cog_offset=0.385,
            cog_height=0.5578, track_width=1.4067, wheel_radius=0.344, front_stiffness=13.0, rear_stiffness=22.0,
            max_steering=0.58, max_steering_rate=0.4, max_acceleration=4.0, max_deceleration=11.5, power=67.0e3,
            brake_front=0.76, drive_front=1.0, drag_area=0.64, rolling_resistance=0.012, max_speed=45.8, stability=True,
        ),
        # BMW 320i [CR 2], understeering; turning circle 10.5 m; front overhang 0.85 m.
        VehicleModel(
            name="sedan", kind=ActorKind.CAR, mobility=Mobility.WHEELED, variant=1, length=4.508, width=1.610,
            height=1.42, mass=1093.295, yaw_inertia=1791.600, front_axle=1.156196, rear_axle=1.422717, cog_offset=0.248,
            cog_height=0.5749, track_width=1.4067, wheel_radius=0.344, front_stiffness=14.0, rear_stiffness=22.0,
            max_steering=0.59, max_steering_rate=0.4, max_acceleration=5.0, max_deceleration=11.5, power=92.0e3,
            brake_front=0.66, drive_front=0.0, drag_area=0.65, rolling_resistance=0.012, max_speed=50.8, stability=True,
        ),
        # VW Vanagon [CR 3], understeering; turning circle 10.5 m; forward control, front overhang 1.13 m.
        VehicleModel(
            name="van", kind=ActorKind.CAR, mobility=Mobility.WHEELED, variant=2, length=4.569, width=1.844,
            height=1.93, mass=1478.898, yaw_inertia=2473.118, front_axle=1.150792, rear_axle=1.321136, cog_offset=0.004,
            cog_height=0.7478, track_width=1.5591, wheel_radius=0.344, front_stiffness=11.5, rear_stiffness=19.0,
            max_steering=0.57, max_steering_rate=0.4, max_acceleration=3.5, max_deceleration=11.5, power=133.0e3,
            brake_front=0.64, drive_front=0.0, drag_area=1.3, rolling_resistance=0.012, max_speed=41.7, stability=True,
        ),
        # Mid-size SUV [typ]; turning circle 11.4 m; steering rate as [CR 2]; front overhang 0.92 m.
        VehicleModel(
            name="suv", kind=ActorKind.CAR, mobility=Mobility.WHEELED, variant=3, length=4.65, width=1.88, height=1.68,
            mass=1750.0, yaw_inertia=3170.0, front_axle=1.25, rear_axle=1.45, cog_offset=0.155, cog_height=0.68,
            track_width=1.60, wheel_radius=0.36, front_stiffness=11.5, rear_stiffness=19.5, max_steering=0.57,
            max_steering_rate=0.4, max_acceleration=4.0, max_deceleration=11.0, power=130.0e3, brake_front=0.71,
            drive_front=0.5, drag_area=0.91, rolling_resistance=0.012, max_speed=52.0, stability=True,
        ),
        # Two-axle rigid truck of 12 t, half laden, 40 : 60 axle loads [typ, EU]; turning circle 16.6 m.
        VehicleModel(
            name="truck", kind=ActorKind.TRUCK, mobility=Mobility.WHEELED, variant=0, length=8.60, width=2.50,
            height=3.60, mass=11000.0, yaw_inertia=61000.0, front_axle=2.88, rear_axle=1.92, cog_offset=0.02,
            cog_height=1.40, track_width=2.00, wheel_radius=0.50, front_stiffness=6.5, rear_stiffness=10.0,
            max_steering=0.69, max_steering_rate=0.35, max_acceleration=1.8, max_deceleration=8.0, power=200.0e3,
            brake_front=0.60, drive_front=0.0, drag_area=5.2, rolling_resistance=0.007, max_speed=30.0, stability=True,
        ),
        # 12 m city bus, half full, 35 : 65 axle loads [typ, EU]; turning circle 22 m between walls.
        VehicleModel(
            name="bus", kind=ActorKind.BUS, mobility=Mobility.WHEELED, variant=0, length=12.00, width=2.55, height=3.10,
            mass=14000.0, yaw_inertia=130000.0, front_axle=3.835, rear_axle=2.065, cog_offset=-0.585, cog_height=1.20,
            track_width=2.05, wheel_radius=0.48, front_stiffness=7.0, rear_stiffness=10.0, max_steering=0.82,
            max_steering_rate=0.35, max_acceleration=1.5, max_deceleration=8.0, power=220.0e3, brake_front=0.49,
            drive_front=0.0, drag_area=4.4, rolling_resistance=0.008, max_speed=28.0, stability=True,
        ),
        # Motorcycle with rider [NCAP EMT length 2.08 m; typ]; both wheels of an axle stand for its one wheel.
        VehicleModel(
            name="motorcycle", kind=ActorKind.MOTORCYCLE, mobility=Mobility.WHEELED, variant=0, length=2.08, width=0.80,
            height=1.50, mass=280.0, yaw_inertia=70.0, front_axle=0.72, rear_axle=0.68, cog_offset=0.0, cog_height=0.62,
            track_width=0.0, wheel_radius=0.31, front_stiffness=18.0, rear_stiffness=18.0, max_steering=0.60,
            max_steering_rate=0.8, max_acceleration=6.0, max_deceleration=9.0, power=55.0e3, brake_front=0.0,
            drive_front=0.0, drag_area=0.55, rolling_resistance=0.015, max_speed=50.0,
        ),
        # Upright bicycle with rider [typ]; 250 W and a drag area of 0.5 m² (Wilson, "Bicycling Science", ch. 4).
        VehicleModel(
            name="bicycle", kind=ActorKind.BICYCLE, mobility=Mobility.WHEELED, variant=0, length=1.80, width=0.60,
            height=1.75, mass=92.0, yaw_inertia=12.0, front_axle=0.60, rear_axle=0.45, cog_offset=-0.075,
            cog_height=1.00, track_width=0.0, wheel_radius=0.34, front_stiffness=18.0, rear_stiffness=18.0,
            max_steering=0.70, max_steering_rate=1.5, max_acceleration=1.5, max_deceleration=4.5, power=250.0,
            brake_front=0.0, drive_front=0.0, drag_area=0.5, rolling_resistance=0.005, max_speed=12.0,
        ),
        # Warehouse robot: two driven wheels amidships, casters front and rear [typ of a 60 kg platform].
        VehicleModel(
            name="robot", kind=ActorKind.ROBOT, mobility=Mobility.DIFFERENTIAL, variant=0, length=0.80, width=0.60,
            height=0.40, mass=60.0, yaw_inertia=_box_inertia(60.0, 0.80, 0.60), front_axle=0.32, rear_axle=0.32,
            cog_offset=0.0, cog_height=0.15, track_width=0.50, wheel_radius=0.10, front_stiffness=20.0,
            rear_stiffness=20.0, max_steering=0.0, max_steering_rate=0.0, max_acceleration=1.5, max_deceleration=2.5,
            power=250.0, brake_front=0.0, drive_front=0.0, drag_area=0.3, rolling_resistance=0.015, max_speed=2.0,
        ),
    ]
    # fmt: on


def _others() -> list[VehicleModel]:
    return [
        # [NCAP] adult target 1.8 m and 7-year-old target 1.154 m tall; masses of the 50th percentile; the center of
        # mass at 55 % of the height (Winter, "Biomechanics and Motor Control of Human Movement", ch. 4).
        _walker("pedestrian", ActorKind.PEDESTRIAN, 0, (0.50, 0.55, 1.80), 78.0, 0.99, 3.0, 6.0),
        _walker("child", ActorKind.PEDESTRIAN, 1, (0.38, 0.40, 1.154), 24.0, 0.63, 3.5, 5.0),
        # White-tailed deer: shoulder 0.9 m, with head 1.4 m, up to 15 m/s (Nowak, "Walker's Mammals of the World").
        _walker("deer", ActorKind.ANIMAL, 0, (1.75, 0.45, 1.40), 75.0, 0.85, 5.0, 15.0),
        # Loads that fall off: carton, EUR-pallet crate, passenger-car wheel lying, aluminum ladder lying [typ].
        _free("cargo_box", ActorKind.CARGO, 0, (0.60, 0.40, 0.40), 15.0, 0.20),
        _free("cargo_crate", ActorKind.CARGO, 0, (1.20, 0.80, 0.90), 150.0, 0.45),
        _free("cargo_tire", ActorKind.CARGO, 1, (0.65, 0.65, 0.22), 18.0, 0.11),
        _free("cargo_ladder", ActorKind.CARGO, 2, (3.00, 0.45, 0.10), 14.0, 0.05),
        # 750 mm traffic cone, weighted base (EN 13422 class): low center of mass.
        _free("cone", ActorKind.CONE, 0, (0.42, 0.42, 0.75), 5.0, 0.22),
    ]


def _reference_cars(vehicles: list[VehicleModel]) -> list[VehicleModel]:
    """Return the cars of [CR] 1 and 2 with the tires and the steering that their parameter sets have."""
    return [
        car._replace(name=name, front_stiffness=20.9, rear_stiffness=20.9, max_steering=lock, stability=False)
        for car, name, lock in zip(vehicles, REFERENCE_CARS, (0.910, 1.066), strict=False)
    ]


def all_models() -> dict[str, VehicleModel]:
    """Return every model by its name."""
    vehicles = _vehicles()
    return {model.name: model for model in vehicles + _others() + _reference_cars(vehicles)}


def model_named(name: str) -> VehicleModel:
    """Return the model of a name.

    Raises:
        ScenarioError: There is no model of that name.
    """
    models = all_models()
    if name not in models:
        raise ScenarioError(f"model {name!r} is not known{suggest(name, sorted(models))}")
    return models[name]


def model_names(rows: Iterable[int]) -> tuple[str, ...]:
    """Return the names of rows of the catalog, in its order; that of −1 is empty."""
    names = list(all_models())
    return tuple(names[row] if row >= 0 else "" for row in rows)


def models_of_kind(kind: ActorKind) -> tuple[VehicleModel, ...]:
    """Return the models of a kind that traffic draws, in the order of the catalog."""
    return tuple(m for m in all_models().values() if m.kind == kind and m.name not in REFERENCE_CARS)


def fill_actor(
    actors: ActorTable, env: int, actor: int, model_name: str, color: tuple[float, float, float],
    density: float = STANDARD_AIR,
) -> None:  # fmt: skip
    """Write a model into one row of the table and mark it present; `behavior` is left to the caller.

    Args:
        actors: The table that is filled.
        env: World.
        actor: Row.
        model_name: A name of the catalog.
        color: Body paint, linear RGB in 0..1.
        density: Of the air [kg/m³].
    """
    model = model_named(model_name)
    actors.model[env, actor] = list(all_models()).index(model_name)
    for field in _TABLE_FIELDS:
        getattr(actors, field)[env, actor] = getattr(model, field)
    actors.drag[env, actor] = 0.5 * density * model.drag_area
    actors.color[env, actor] = color
    actors.present[env, actor] = True
