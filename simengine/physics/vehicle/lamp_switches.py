"""Which of a vehicle's lamps are lit: those asked for that it has, and its brake lamps by the pedal.

A parked vehicle is held by its parking brake and nobody sits in it: none of its lamps is lit but those asked for. The
pedal of a replayed vehicle is not recorded; it follows from the deceleration.
"""

import math

from numba import njit

from simengine.core.state import ActorKind, Light, Mobility

BRAKE_LIGHT_FROM = -0.3  # demanded acceleration that lights the brake lamps [m/s²]
# What a recording slows down by may be drag and engine; a brake lamp stays dark up to 0.7 m/s² (UN R13-H, 5.2.22.4).
REPLAY_BRAKE_FROM = -0.7  # [m/s²]
_REPLAY_TIME = 0.3  # time constant over which a recording's longitudinal acceleration is smoothed [s]
_REPLAY_STILL = 0.1  # speed below which a recorded vehicle stands [m/s]
_WHEELED, _BICYCLE = int(Mobility.WHEELED), int(ActorKind.BICYCLE)
_BRAKE, _HEAD = int(Light.BRAKE), int(Light.HEAD)


@njit(cache=True, _nrt=False)
def lit_lamps(kind: int, mobility: int, unmanned: bool, replayed: bool, asked: int, drive: float) -> int:
    """Return the lamps that are lit.

    Args:
        kind: ActorKind; a bicycle has neither brake lamps nor indicators.
        mobility: Mobility.
        unmanned: Nobody drives: it is parked, or its rider has fallen.
        replayed: It follows a recording.
        asked: Bits of `Light`.
        drive: Demanded acceleration after the lag; of a replayed vehicle `replayed_pedal` [m/s²].
    """
    if kind == _BICYCLE:
        return asked & _HEAD
    lit = asked & ~_BRAKE
    braking = drive < (REPLAY_BRAKE_FROM if replayed else BRAKE_LIGHT_FROM)
    if mobility == _WHEELED and braking and not unmanned:
        lit |= _BRAKE
    return lit


@njit(cache=True, _nrt=False)
def replayed_pedal(before: float, along: float, speed: float, step: float) -> float:
    """Return the acceleration that a recording seems to ask for [m/s²], smoothed.

    Whoever has braked to a stop keeps the foot on the brake; whoever has stood from the start is taken to be parked.

    Args:
        before: The same a tick ago [m/s²].
        along: Acceleration along the vehicle [m/s²].
        speed: Along it [m/s].
        step: [s].
    """
    if abs(speed) < _REPLAY_STILL and before < REPLAY_BRAKE_FROM:
        return before
    return along + (before - along) * math.exp(-step / _REPLAY_TIME)
