"""Combined-slip tire with a bristle deflection as state, so that it holds at standstill and slips when it must.

The contact patch is carried by bristles that deflect by z = (longitudinal, lateral) [m] against the road, as in the
LuGre tire (Canudas-de-Wit et al., "Dynamic friction models for road/tire longitudinal interaction", Vehicle System
Dynamics 39, 2003): dz/dt = v_s − |V| z / σ with the slip velocity v_s, the rim speed V and the relaxation length σ. At
speed this gives z = σ · slip, hence the force C · slip with C = C_S · load; at rest z stays, hence no creep.

Where we depart: the force grows as s / (1 + s⁴)^¼ of s = C |slip| / (µ load), which lies between the brush model, which
softens from the first degree of slip, and elastic–plastic bristles, which do not soften at all; it is linear within 3 %
up to 57 % of the friction and reaches 98 % at twice the slip of the linear limit. Beyond a slip of 0.2 friction falls
to that of sliding (`falling_friction`), as the surface has it. Longitudinal and lateral stiffness are equal, which they
are within 2 % in the reference tire (science.md §5: p_kx1 22.303, p_ky1 −21.92).
"""

import math
from typing import NamedTuple

from numba import njit

from simengine.core.mechanics import GRAVITY
from simengine.physics.vehicle.anti_lock import FULL_SLIDE, SLIP_TARGET, braked_spin, controlled_slip

RELAXATION_PER_RADIUS = 1.2  # relaxation length over wheel radius; 0.4 m for a car (Pacejka, "Tire and Vehicle…")
# Relative loss of friction when the load doubles: Pacejka's −p_dx2, 0.05–0.1 for passenger tires; the low end, so that
# a whole car's friction is the weather's µ within 1 % even under full braking.
LOAD_SENSITIVITY = 0.05
PEAK_SLIP = 0.2  # slip beyond which friction falls
ABS_SPEED = 2.0  # anti-lock brakes let go below it [m/s]
TRACTION_SLIP = 0.5  # rim speed above road speed that traction control always allows [m/s]
# A tire without air: the wheel runs on its folded side walls, which drag, give way sideways and are lower (Robinette,
# Deering & Fay, "Drag and steering effects of under inflated and deflated tires", SAE 970954; Blythe, Day & Grimes,
# "3-dimensional simulation of vehicle response to tire blow-outs", SAE 980221: drag of 0.15 to 0.3 of the load).
BURST_ROLLING = 0.2  # rolling resistance over load
BURST_STIFFNESS = 0.3  # share of the stiffness that is left
BURST_RADIUS = 0.8  # share of the radius that is left
_DAMPING = 0.5  # damping ratio of the load on its bristles at rest


class Wheel(NamedTuple):
    """What a wheel with its tire is."""

    stiffness: float  # force per load and slip, C_S [1/rad]
    relaxation: float  # relaxation length σ [m]
    radius: float  # [m]
    inertia: float  # about its axle [kg m²]


@njit(cache=True, _nrt=False)
def saturation(s: float) -> float:
    """Return force over friction for the ratio s of linear force over friction."""
    square = s * s
    return s / math.sqrt(math.sqrt(1.0 + square * square))


@njit(cache=True, _nrt=False)
def inverse_saturation(u: float) -> float:
    """Return s for a force over friction u below one."""
    square = u * u
    return u / math.sqrt(math.sqrt(1.0 - square * square))


@njit(cache=True, _nrt=False)
def loaded_friction(friction: float, load: float, static_load: float) -> float:
    """Return µ of a tire under a load: less than in proportion above its static load.

    Args:
        friction: µ at the static load.
        load: Normal force [N].
        static_load: Normal force at rest [N].
    """
    return friction * min(1.2, max(0.7, 1.0 - LOAD_SENSITIVITY * (load / static_load - 1.0)))


@njit(cache=True, _nrt=False)
def falling_friction(friction: float, sliding: float, slip: float) -> float:
    """Return µ of a tire that slips: the greatest up to its peak, then falling to sliding friction at full slip.

    The peak lies at a slip of 15 to 20 % (Wong, "Theory of Ground Vehicles", fig. 1.16), above what anti-lock brakes
    hold.

    Args:
        friction: Greatest µ.
        sliding: Sliding friction over it.
        slip: Speed of sliding over the wheel's, 0 rolling, 1 locked or fully aside.
    """
    beyond = min(1.0, max(0.0, (slip - PEAK_SLIP) / (1.0 - PEAK_SLIP)))
    return friction * (1.0 - (1.0 - sliding) * beyond)


@njit(cache=True, _nrt=False)
def burst_stiffness(stiffness: float, burst: float) -> float:
    """Return the stiffness of an axle [1/rad] of whose tires a share, 0 to 1, is burst."""
    return stiffness * (1.0 - (1.0 - BURST_STIFFNESS) * burst)


@njit(cache=True, _nrt=False)
def burst_rolling(
    rolling: float, front_burst: float, rear_burst: float, front_axle: float, rear_axle: float, cog_height: float
) -> float:
    """Return the rolling resistance of a whole vehicle over its weight, with burst tires.

    A burst tire drags in proportion to its load; of that, the drag itself moves some from the rear to the front.

    Args:
        rolling: Of sound tires.
        front_burst: Share of the front axle's tires that are burst, 0 to 1.
        rear_burst: That of the rear axle's.
        front_axle: Center of mass to front axle [m].
        rear_axle: Center of mass to rear axle [m].
        cog_height: Center of mass above the ground [m].
    """
    more = BURST_ROLLING - rolling
    moved = more * cog_height * (front_burst - rear_burst)
    return rolling + more * (front_burst * rear_axle + rear_burst * front_axle) / (front_axle + rear_axle - moved)


@njit(cache=True, _nrt=False)
def _bristle_damping(stiffness: float, relaxation: float, rim_speed: float) -> float:
    """Return the time constant of bristle damping [s], which fades out at speed, where none is seen."""
    at_rest = 2.0 * _DAMPING * math.sqrt(relaxation / (stiffness * GRAVITY))
    return at_rest * relaxation / (relaxation + 2.0 * rim_speed * at_rest)


@njit(cache=True, _nrt=False)
def wheel_step(
    forward: float,
    leftward: float,
    load: float,
    friction: float,
    wheel: Wheel,
    spin: float,
    zx: float,
    zy: float,
    drive: float,
    brake: float,
    anti_lock: bool,
    dt: float,
) -> tuple[float, float, float, float, float]:
    """Advance a wheel's spin and bristles by one step, implicitly, and return the force of the road on the tire.

    Args:
        forward: Velocity of the contact point along the wheel [m/s].
        leftward: Velocity of the contact point across the wheel [m/s].
        load: Normal force [N].
        friction: µ.
        wheel: What it is.
        spin: [rad/s].
        zx: Longitudinal deflection of the bristles [m].
        zy: Lateral deflection [m].
        drive: Torque that turns the wheel [N m].
        brake: Torque that can oppose its turning [N m].
        anti_lock: Whether brakes and drive keep the slip near `SLIP_TARGET`.
        dt: [s].

    Returns:
        Longitudinal force [N], lateral force [N], spin, zx, zy.
    """
    stiffness, relaxation, radius, inertia = wheel
    if load <= 0.0 or friction <= 0.0:
        free = spin + drive * dt / inertia
        grab = brake * dt / inertia
        spin = 0.0 if abs(free) <= grab else free - math.copysign(grab, free)
        return 0.0, 0.0, spin, 0.0, 0.0
    bristle = stiffness * load / relaxation
    cap = friction * load
    rim = abs(spin * radius)
    decay = 1.0 + dt * rim / relaxation
    damping = _bristle_damping(stiffness, relaxation, rim)
    s = math.sqrt(zx * zx + zy * zy) * bristle / cap
    secant = bristle / math.sqrt(math.sqrt(1.0 + s * s * s * s))
    # Bounds of the rim speed within which anti-lock brakes and traction control keep the wheel.
    slow = 0.0
    if anti_lock and abs(forward) > ABS_SPEED:
        slow = (1.0 - controlled_slip(friction, stiffness)) * forward / radius
    fast = (forward + max(SLIP_TARGET * abs(forward), TRACTION_SLIP)) / radius if anti_lock else math.inf

    # Bristles that do not slide: the force is linear in the new spin, which can be solved for.
    gain = secant * (1.0 + damping / dt)
    resist = inertia / dt + radius * radius * gain * dt / decay
    rolling = inertia * spin / dt + radius * (gain * (zx + forward * dt) / decay - secant * damping * zx / dt)
    new_spin = braked_spin(rolling / resist, drive / resist, brake / resist, slow, fast)
    new_zx = (zx + (forward - new_spin * radius) * dt) / decay
    new_zy = (zy + leftward * dt) / decay
    limit = FULL_SLIDE * cap / bristle
    length = math.sqrt(new_zx * new_zx + new_zy * new_zy)
    if length > limit:
        # They slide: the torque of the road is that of friction.
        along = -cap * new_zx / length
        new_spin = braked_spin(
            spin - along * radius * dt / inertia, drive * dt / inertia, brake * dt / inertia, slow, fast
        )
        synchronous = forward / radius
        if (synchronous - spin) * (synchronous - new_spin) < 0.0 and abs(drive) < abs(along) * radius:
            new_spin = synchronous
        new_zx = (zx + (forward - new_spin * radius) * dt) / decay
        length = math.sqrt(new_zx * new_zx + new_zy * new_zy)
        if length > limit:
            new_zx *= limit / length
            new_zy *= limit / length
            length = limit
    s = length * bristle / cap
    secant = bristle / math.sqrt(math.sqrt(1.0 + s * s * s * s))
    fx = -secant * (new_zx + damping * (new_zx - zx) / dt)
    fy = -secant * (new_zy + damping * (new_zy - zy) / dt)
    force = math.sqrt(fx * fx + fy * fy)
    if force > cap:
        fx *= cap / force
        fy *= cap / force
    return fx, fy, new_spin, new_zx, new_zy


@njit(cache=True, _nrt=False)
def holding_deflection(
    fx: float, fy: float, load: float, friction: float, stiffness: float, relaxation: float
) -> tuple[float, float]:
    """Return the bristle deflection at which a tire at rest exerts a force; none where friction cannot hold it.

    Args:
        fx: Longitudinal force of the road on the tire [N].
        fy: Lateral force [N].
        load: Normal force [N].
        friction: µ.
        stiffness: C_S [1/rad].
        relaxation: Relaxation length [m].

    Returns:
        zx, zy [m].
    """
    force = math.sqrt(fx * fx + fy * fy)
    cap = friction * load
    if force == 0.0 or force >= 0.99 * cap:
        return 0.0, 0.0
    length = inverse_saturation(force / cap) * cap * relaxation / (stiffness * load)
    return -fx / force * length, -fy / force * length
