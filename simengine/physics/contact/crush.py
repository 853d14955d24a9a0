"""How bodywork gives way in a collision: a force that grows with the crush and does not spring back, in both physics.

A car's front yields in proportion to its crush, which is why the speed of a barrier test and the crush it leaves go
with each other in a straight line (Campbell, "Energy basis for collision severity", SAE 740565). For the passenger cars
of "CRASH3 User's Guide and Technical Manual" (DOT HS 805 732, classes 1 to 5) stiffness over mass is the square of
14–20 1/s; `RATE` is their middle, so a car that meets a wall at v slows by at most RATE · v until its crush zone is
used up: 14 g at 30 km/h. A vehicle of another mass is taken to be as stiff for its mass; two vehicles are two springs
in a row.

What is not modeled: boxes keep their shape, so they overlap by the crush; nothing springs back (measured cars part
with a tenth of the speed they met with, above 30 km/h); once apart, the crush zone is whole again; and sides, corners
and narrow overlaps are as stiff as the front.
"""

from numba import njit

from simengine.core.state import Mobility

RATE = 17.0  # root of stiffness over mass [1/s]
CRUSH_ZONE = 0.65  # of a front, after which the engine is met: a car stops within 0.6–0.9 m from 56 km/h [m]
BEYOND = 4.0  # stiffness beyond the crush zone over that of it
_WHEELED, _DIFFERENTIAL = int(Mobility.WHEELED), int(Mobility.DIFFERENTIAL)


@njit(cache=True, _nrt=False)
def has_bodywork(mobility: int, track_width: float) -> bool:
    """Return whether an actor crushes: vehicles with four wheels and robots, not two-wheelers, people or loads."""
    return mobility == _DIFFERENTIAL or (mobility == _WHEELED and track_width > 0.0)


@njit(cache=True, _nrt=False)
def crush_force(depth: float, inverse_a: float, inverse_b: float) -> float:
    """Return the force at which bodywork yields [N].

    Args:
        depth: How far two boxes overlap along the normal of their contact [m].
        inverse_a: Of the mass of one [1/kg]; not both 0.
        inverse_b: Of the other, 0 for what does not give way.
    """
    softer, harder = max(inverse_a, inverse_b), min(inverse_a, inverse_b)
    stiffness = RATE * RATE / (softer + harder)
    used = CRUSH_ZONE * (softer + harder) / softer  # the lighter one yields more
    if depth <= used:
        return stiffness * max(0.0, depth)
    return stiffness * used + RATE * RATE / (softer / BEYOND + harder) * (depth - used)
