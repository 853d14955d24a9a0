"""What shines by itself: vehicles' lamps by their switches, signals by their color, street lamps, windows at night.

Luminances follow from the intensities that the rules ask for and the size of the lamps: head lamp of 0.03 m², tail lamp
4–17 cd and brake lamp 60–260 cd (UN R7) on about 0.02 m², signals 200 cd and more on 200 mm roundels (EN 12368).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.mesh import Material
from simengine.core.state import ActorKind, Light
from simengine.road.network.network import SignalColor
from simengine.sensors.base.noise import lattice_value, value_noise
from simengine.sensors.light.illumination import Illumination
from simengine.sensors.light.lamps import HEAD_INTENSITY, head_lamp_share
from simengine.sensors.raster.pixel_planes import (
    EYE_X,
    EYE_Y,
    EYE_Z,
    LOCAL_X,
    LOCAL_Y,
    LOCAL_Z,
    NORMAL_Z,
    OUT_B,
    OUT_G,
    OUT_R,
    PixelBlock,
    SceneGeometry,
)

HEAD_LAMP_AREA = 0.03  # [m²]
BLINK_RATE = 1.5  # of indicators [Hz] (UN R6: 60–120 a minute)
LIT_WINDOWS = 0.3  # share of windows with light at night
_F = np.float32
_WINDOW = int(Material.WINDOW)
_HEADLAMP, _TAIL_LAMP, _INDICATOR = int(Material.HEADLAMP), int(Material.TAIL_LAMP), int(Material.INDICATOR)
_SIGNAL_RED, _SIGNAL_AMBER, _SIGNAL_GREEN = (
    int(Material.SIGNAL_RED),
    int(Material.SIGNAL_AMBER),
    int(Material.SIGNAL_GREEN),
)
_BRAKE, _LEFT, _RIGHT, _HEAD = int(Light.BRAKE), int(Light.LEFT), int(Light.RIGHT), int(Light.HEAD)
_SHOWS_RED, _SHOWS_RED_AMBER, _SHOWS_GREEN, _SHOWS_AMBER = (
    int(SignalColor.RED),
    int(SignalColor.RED_AMBER),
    int(SignalColor.GREEN),
    int(SignalColor.AMBER),
)
_ROBOT, _BICYCLE = int(ActorKind.ROBOT), int(ActorKind.BICYCLE)


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def signal_emission(material: int, shown: int, dark: float) -> tuple[float, float, float]:
    """Return the luminance of a signal's lamp [cd/m²] while the signal shows a `SignalColor`; dimmed in the dark."""
    power = 7000.0 - 4500.0 * dark
    if material == _SIGNAL_RED and shown in (_SHOWS_RED, _SHOWS_RED_AMBER):
        return 2.6 * power, 0.07 * power, 0.04 * power
    if material == _SIGNAL_AMBER and shown in (_SHOWS_AMBER, _SHOWS_RED_AMBER):
        return 2.0 * power, 0.80 * power, 0.02 * power
    if material == _SIGNAL_GREEN and shown == _SHOWS_GREEN:
        return 0.08 * power, 1.45 * power, 0.75 * power
    return 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def vehicle_emission(
    material: int, kind: int, lights: int, left: float, time: float, forward: float, leftward: float, upward: float
) -> tuple[float, float, float]:
    """Return the luminance of an actor's lamp [cd/m²].

    Args:
        material: Of the lamp's face.
        kind: ActorKind.
        lights: Bits of Light.
        left: Of the actor's middle [m].
        time: [s].
        forward: Direction to the eye in the actor's frame.
        leftward: Its second component.
        upward: Its third component.
    """
    if material == _HEADLAMP:
        if kind == _ROBOT:
            return 120.0, 420.0, 500.0
        if not lights & _HEAD:
            return 0.0, 0.0, 0.0
        share = 0.004
        if forward > 0.15:
            share += head_lamp_share(leftward / forward, upward / forward)
        power = (0.02 if kind == _BICYCLE else 1.0) * share * 0.5 * HEAD_INTENSITY / HEAD_LAMP_AREA
        return 1.02 * power, power, 0.94 * power
    if material == _TAIL_LAMP:
        power = 1600.0 if lights & _BRAKE else (130.0 if lights & _HEAD else 0.0)
        return 3.6 * power, 0.09 * power, 0.05 * power
    if (lights & _LEFT and left > 0.0) or (lights & _RIGHT and left < 0.0):
        beat = time * BLINK_RATE
        if beat - math.floor(beat) < 0.5:
            return 8000.0, 3200.0, 90.0
    return 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def add_emission(bodies: SceneGeometry, around: Illumination, block: PixelBlock, px: NDArray[np.float32]) -> None:
    """Add what lamps, signals and windows shine to a block's luminance."""
    tri, run, num_runs = block.triangle, block.run, block.num_runs
    m, signals, kinds, lights = bodies.world_from_part, bodies.signals, bodies.actors.kind, bodies.actors.lights
    materials, part, part_actor, part_signal = bodies.material, bodies.part, bodies.part_actor, bodies.part_signal
    seeds, seed = bodies.triangle_seed, around.seed & 0xFFFF
    for n in range(num_runs):
        t = tri[run[n]]
        if t < 0:
            continue
        material, p = int(materials[t]), part[t]
        window = material == _WINDOW
        signal = _SIGNAL_RED <= material <= _SIGNAL_GREEN
        if not (window or signal or material in (_HEADLAMP, _TAIL_LAMP, _INDICATOR)):
            continue
        number = int(seeds[t] >> np.uint32(1))
        if window and (around.dark <= 0.0 or lattice_value(number, seed, 97) >= LIT_WINDOWS):
            continue
        a = part_actor[p]
        for i in range(run[n], run[n + 1]):
            red, green, blue = 0.0, 0.0, 0.0
            if window:
                power = around.dark * (0.6 + 5.0 * lattice_value(number, seed, 101))
                along = px[LOCAL_X + i] + px[LOCAL_Y + i]
                power *= 0.6 + 0.8 * value_noise(_F(1.6) * along, _F(1.6) * px[LOCAL_Z + i], 103)
                warm = lattice_value(number, seed, 107)
                red, green, blue = 1.25 * power, (0.78 + 0.15 * warm) * power, (0.32 + 0.45 * warm) * power
            elif signal:
                s = part_signal[p]
                if 0 <= s < signals.shape[0]:
                    red, green, blue = signal_emission(material, signals[s], around.dark)
            elif a >= 0:
                vx, vy, vz = px[EYE_X + i], px[EYE_Y + i], px[EYE_Z + i]
                red, green, blue = vehicle_emission(
                    material,
                    kinds[a],
                    lights[a],
                    px[LOCAL_Y + i],
                    around.time,
                    m[p, 0, 0] * vx + m[p, 1, 0] * vy + m[p, 2, 0] * vz,
                    m[p, 0, 1] * vx + m[p, 1, 1] * vy + m[p, 2, 1] * vz,
                    m[p, 0, 2] * vx + m[p, 1, 2] * vy + m[p, 2, 2] * vz,
                )
            elif material == _HEADLAMP and px[NORMAL_Z + i] < -0.3:  # a street lamp's lantern
                power = around.street
                red, green, blue = 14000.0 * power, 11800.0 * power, 8200.0 * power
            px[OUT_R + i] += red
            px[OUT_G + i] += green
            px[OUT_B + i] += blue
