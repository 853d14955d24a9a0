"""Artificial light at night: head lamps, tail lamps and street lamps as local lights, found through a grid.

The low beam has the shape that UN R112 asks for: bright just below a cut-off one percent under the horizon, rising to
the right, hardly any light above. Intensities: R112 wants 12 lx at point 75R in 25 m (7.5 kcd) and allows 0.4 lx at
B50L; present lamps reach three times the minimum. Street lamps: 8 klm with a wide beam, about 20 lx below an 8 m pole
(EN 13201 class M3/C3).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.state import EGO, ActorKind, Light
from simengine.sensors.raster.pixel_planes import SeenActors

STREET_LAMP, HEAD_LAMP, TAIL_LAMP = 0, 1, 2
_LAMP_FIELDS = np.dtype(
    [
        ("position", np.float64, (3,)),  # of a pair the middle between its lamps [m]
        ("forward", np.float64, (3,)),  # unit vector that it faces along
        ("up", np.float64, (3,)),  # unit vector
        ("intensity", np.float64, (3,)),  # RGB [cd]
        ("reach", np.float64),  # [m]
        ("half", np.float64),  # of a pair half the distance between its lamps, else 0 [m]
        ("kind", np.int64),  # STREET_LAMP, HEAD_LAMP or TAIL_LAMP
    ],
    align=True,
)
LAMP = np.dtype((np.record, _LAMP_FIELDS))  # so that Python too reads fields as attributes
MAX_LIGHTS = 160
HEAD_INTENSITY = 26_000.0  # of a pair, in the brightest direction [cd]
STREET_INTENSITY = 1_500.0  # straight down [cd]
# The middle of a head lamp's lens lies so far behind the vehicle's front and inside its side, as in our meshes of cars
# (`assets.cars`; UN R48 wants the outer edge within 0.4 m of the side). Two-wheelers have a single one.
HEAD_BEHIND, HEAD_INSIDE, SINGLE_WIDTH = 0.10, 0.28, 1.2
TAIL_INTENSITY, BRAKE_INTENSITY = 9.0, 110.0  # of a pair (UN R7: tail lamps 4–17 cd, brake lamps 60–260 cd)
HEAD_REACH, STREET_REACH, TAIL_REACH = 90.0, 23.0, 8.0  # where they are looked for [m]
# A beam ends at this half width over length; other vehicles' beams end at this length [m] too.
BEAM_LENGTH, BEAM_SPREAD = 50.0, 1.0
CELLS, CELL_SIZE, PER_CELL = 40, 8.0, 10
# How far an actor darkens the ground around it, and how far above or below its foot [m].
OCCLUDER_REACH, OCCLUDER_GAP = 1.6, 0.6
_HEAD, _BRAKE = int(Light.HEAD), int(Light.BRAKE)
_LAST_VEHICLE, _ROBOT = int(ActorKind.BICYCLE), int(ActorKind.ROBOT)


class LightGrid(NamedTuple):
    """The local lights, and for square cells of ground around the camera which lights and actors matter there."""

    light: NDArray[np.void]  # records of LAMP; the ego's head lamps, if they are on, come first. (num_lights,)
    cell_light: NDArray[np.int32]  # rows of `light`, −1 past the last. (CELLS, CELLS, PER_CELL)
    cell_actor: NDArray[np.int32]  # actors that darken the ground, −1 past the last. (CELLS, CELLS, PER_CELL)
    corner: NDArray[np.float64]  # of the grid [m]. (2,)
    own_lamps: int  # row of the ego's head lamps in `light`, or −1


@njit(cache=True, error_model="numpy")
def head_lamp_share(across: float, up: float) -> float:
    """Return a low beam's intensity in a direction as a share of its largest.

    Args:
        across: Tangent of the angle to the left.
        up: Tangent of the angle above the lamp's axis.
    """
    cut = -0.010 + (min(0.26 * -across, 0.035) if across < 0.0 else 0.0)
    square = across * across
    narrow = 1.0 / (1.0 + square / 0.11)
    edge_of_beam = max(0.0, 1.0 - square / (BEAM_SPREAD * BEAM_SPREAD))
    wide = (narrow * narrow + 0.18 / (1.0 + square / 0.5)) * edge_of_beam
    below = cut - up
    if below < -0.004:
        return 0.012 * wide
    depth = max(0.0, below)
    steep = depth / 0.06
    beam = wide * (0.86 / (1.0 + steep + 0.5 * steep * steep) + 0.14 / (1.0 + depth / 0.25))
    edge = min(1.0, (below + 0.004) / 0.008)
    return 0.012 * wide + (beam - 0.012 * wide) * edge


@njit(cache=True, error_model="numpy")
def head_lamps_share(ahead: float, leftward: float, upward: float, half: float) -> float:
    """Return the illuminance that a pair of low beams gives, as a share of its largest intensity [1/m²].

    Near the vehicle each lamp lights what is before it; far away they are as one lamp in the middle.

    Args:
        ahead: Of the point before the lamps [m].
        leftward: Of the middle between them [m].
        upward: [m].
        half: Half the distance between them [m].
    """
    total = 0.0
    for side in (-half, half):
        across = leftward - side
        square = ahead * ahead + across * across + upward * upward
        if ahead > 0.0 and ahead * ahead > 0.15 * 0.15 * square:
            total += 0.5 * head_lamp_share(across / ahead, upward / ahead) / max(square, 0.25)
    return total


@njit(cache=True, error_model="numpy")
def light_at(light: NDArray[np.void], n: int, x: float, y: float, z: float) -> tuple[float, float, float, float]:
    """Return a light's illuminance of a surface facing it, as a share of its color [lx/cd], and the direction to it.

    The direction to a pair is that to its middle.

    Args:
        light: See `LightGrid`.
        n: Row.
        x: Point [m].
        y: [m].
        z: [m].
    """
    lamp = light[n]
    at, forward, upward, reach = lamp.position, lamp.forward, lamp.up, lamp.reach
    dx, dy, dz = at[0] - x, at[1] - y, at[2] - z
    square = dx * dx + dy * dy + dz * dz
    if square > reach * reach or square < 1e-4:
        return 0.0, 0.0, 0.0, 1.0
    ahead = -(dx * forward[0] + dy * forward[1] + dz * forward[2])
    if ahead <= 0.0:
        return 0.0, 0.0, 0.0, 1.0
    inverse = 1.0 / math.sqrt(square)
    tx, ty, tz = dx * inverse, dy * inverse, dz * inverse
    soft = min(1.0, 4.0 * (1.0 - square / (reach * reach)))
    if lamp.kind == HEAD_LAMP:
        up = -(dx * upward[0] + dy * upward[1] + dz * upward[2])
        lx = upward[1] * forward[2] - upward[2] * forward[1]  # left = up × forward
        ly = upward[2] * forward[0] - upward[0] * forward[2]
        lz = upward[0] * forward[1] - upward[1] * forward[0]
        across = -(dx * lx + dy * ly + dz * lz)
        return head_lamps_share(ahead, across, up, lamp.half) * soft, tx, ty, tz
    ahead *= inverse
    if lamp.kind == STREET_LAMP:
        if ahead <= 0.05:
            return 0.0, tx, ty, tz
        sine = math.sqrt(max(0.0, 1.0 - ahead * ahead))
        share = (0.75 + 1.6 * sine * sine) * min(1.0, (ahead - 0.05) / 0.30)
    else:
        share = ahead
    return share * soft / max(square, 0.25), tx, ty, tz


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _list_in_cells(
    x: float, y: float, reach: float, corner_x: float, corner_y: float, item: int, cells: NDArray[np.int32]
) -> None:
    """Enter an item into every cell that its circle touches, while the cell has room.

    Args:
        x: Of the circle's middle [m].
        y: [m].
        reach: Its radius [m].
        corner_x: Of the grid [m].
        corner_y: [m].
        item: What is entered.
        cells: See `LightGrid`, changed in place. Shape (CELLS, CELLS, PER_CELL).
    """
    size = cells.shape[0]
    c0 = max(0, int(math.floor((x - reach - corner_x) / CELL_SIZE)))
    c1 = min(size - 1, int(math.floor((x + reach - corner_x) / CELL_SIZE)))
    r0 = max(0, int(math.floor((y - reach - corner_y) / CELL_SIZE)))
    r1 = min(size - 1, int(math.floor((y + reach - corner_y) / CELL_SIZE)))
    for r in range(r0, r1 + 1):
        for c in range(c0, c1 + 1):
            nx = min(max(x, corner_x + c * CELL_SIZE), corner_x + (c + 1) * CELL_SIZE)
            ny = min(max(y, corner_y + r * CELL_SIZE), corner_y + (r + 1) * CELL_SIZE)
            if (nx - x) * (nx - x) + (ny - y) * (ny - y) > reach * reach:
                continue
            for k in range(cells.shape[2]):
                if cells[r, c, k] < 0:
                    cells[r, c, k] = item
                    break


@njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _list_beam_in_cells(
    x: float,
    y: float,
    ahead_x: float,
    ahead_y: float,
    apart: float,
    corner_x: float,
    corner_y: float,
    item: int,
    cells: NDArray[np.int32],
) -> None:
    """Enter a pair of low beams into the cells that its wedge touches, while there is room.

    Args:
        x: Of its middle [m].
        y: [m].
        ahead_x: Unit vector that it shines along.
        ahead_y: Its second component.
        apart: Of each lamp from the middle [m].
        corner_x: Of the grid [m].
        corner_y: [m].
        item: What is entered.
        cells: See `LightGrid`, changed in place. Shape (CELLS, CELLS, PER_CELL).
    """
    size = cells.shape[0]
    half = 0.71 * CELL_SIZE
    slack = half * math.sqrt(1.0 + BEAM_SPREAD * BEAM_SPREAD) + apart
    for r in range(size):
        dy = corner_y + (r + 0.5) * CELL_SIZE - y
        if abs(dy) > BEAM_LENGTH + half:
            continue
        for c in range(size):
            dx = corner_x + (c + 0.5) * CELL_SIZE - x
            ahead = dx * ahead_x + dy * ahead_y
            if ahead < -half or ahead > BEAM_LENGTH + half:
                continue
            if abs(dy * ahead_x - dx * ahead_y) > BEAM_SPREAD * max(0.0, ahead) + slack:
                continue
            for k in range(cells.shape[2]):
                if cells[r, c, k] < 0:
                    cells[r, c, k] = item
                    break


@njit(cache=True, error_model="numpy")
def gather_lights(
    lamp_position: NDArray[np.float64],
    street: float,
    lit: bool,
    valid: NDArray[np.bool_],
    actors: SeenActors,
    eye: NDArray[np.float64],
    light: NDArray[np.void],
    cell_light: NDArray[np.int32],
    cell_actor: NDArray[np.int32],
    corner: NDArray[np.float64],
) -> int:
    """Fill the lights around a camera and the grid; see `LightGrid`.

    Args:
        lamp_position: Street lamps [m]. Shape (num_lamps, 3).
        street: How far the street lamps are switched on, 0..1.
        lit: It is dark enough for local lights to matter.
        valid: Which actors are in the world. Shape (num_actors,).
        actors: All of them.
        eye: The camera's place [m]. Shape (3,).
        light: Room for the lights; the ego's head lamps come first. Shape (max_lights,), dtype `LAMP`.
        cell_light: See `LightGrid`; filled with −1. Shape (CELLS, CELLS, PER_CELL).
        cell_actor: See `LightGrid`; filled with −1. Shape (CELLS, CELLS, PER_CELL).
        corner: See `LightGrid` [m]. Shape (2,).

    Returns:
        The number of lights.
    """
    position, rotation, size, switches = actors.position, actors.rotation, actors.size, actors.lights
    half = 0.5 * CELLS * CELL_SIZE
    corner[0] = math.floor((eye[0] - half) / CELL_SIZE) * CELL_SIZE
    corner[1] = math.floor((eye[1] - half) / CELL_SIZE) * CELL_SIZE
    count = 0
    for a in range(valid.shape[0]):
        if not valid[a]:
            continue
        dx, dy = position[a, 0] - eye[0], position[a, 1] - eye[1]
        if dx * dx + dy * dy > 4.0 * half * half:
            continue
        reach = 0.5 * math.sqrt(size[a, 0] * size[a, 0] + size[a, 1] * size[a, 1]) + OCCLUDER_REACH
        _list_in_cells(position[a, 0], position[a, 1], reach, corner[0], corner[1], a, cell_actor)
        if not lit or actors.kind[a] > _LAST_VEHICLE or count + 2 > light.shape[0]:
            continue
        m = rotation[a]
        if switches[a] & _HEAD:
            lamp = light[count]
            ahead, up = 0.5 * size[a, 0] - HEAD_BEHIND, min(0.12 * size[a, 2], 0.25) - 0.5 * size[a, 2] + 0.42
            for i in range(3):
                lamp.position[i] = position[a, i] + m[i, 0] * ahead + m[i, 2] * up
                lamp.forward[i] = m[i, 0]
                lamp.up[i] = m[i, 2]
            power = HEAD_INTENSITY if size[a, 1] > SINGLE_WIDTH else 0.35 * HEAD_INTENSITY
            if size[a, 1] < 0.7:
                power = 0.01 * HEAD_INTENSITY  # a bicycle's
            lamp.intensity[0], lamp.intensity[1], lamp.intensity[2] = 1.03 * power, power, 0.93 * power
            lamp.reach, lamp.kind = HEAD_REACH if a == 0 else BEAM_LENGTH, HEAD_LAMP
            lamp.half = 0.5 * size[a, 1] - HEAD_INSIDE if size[a, 1] > SINGLE_WIDTH else 0.0
            if a > 0:
                _list_beam_in_cells(
                    lamp.position[0],
                    lamp.position[1],
                    m[0, 0],
                    m[1, 0],
                    lamp.half,
                    corner[0],
                    corner[1],
                    count,
                    cell_light,
                )
            count += 1
        if switches[a] & (_HEAD | _BRAKE):
            lamp = light[count]
            power = BRAKE_INTENSITY if switches[a] & _BRAKE else TAIL_INTENSITY
            for i in range(3):
                lamp.position[i] = position[a, i] - m[i, 0] * (0.5 * size[a, 0] - 0.02)
                lamp.forward[i] = -m[i, 0]
                lamp.up[i] = m[i, 2]
            lamp.intensity[0], lamp.intensity[1], lamp.intensity[2] = 3.2 * power, 0.08 * power, 0.04 * power
            lamp.reach, lamp.kind = TAIL_REACH, TAIL_LAMP
            _list_in_cells(lamp.position[0], lamp.position[1], TAIL_REACH, corner[0], corner[1], count, cell_light)
            count += 1
    if lit and street > 0.0:
        for n in range(lamp_position.shape[0]):
            x, y = lamp_position[n, 0], lamp_position[n, 1]
            dx, dy = x - eye[0], y - eye[1]
            if abs(dx) > half + STREET_REACH or abs(dy) > half + STREET_REACH or count >= light.shape[0]:
                continue
            lamp = light[count]
            for i in range(3):
                lamp.position[i] = lamp_position[n, i]
                lamp.forward[i] = -1.0 if i == 2 else 0.0
                lamp.up[i] = 1.0 if i == 0 else 0.0
            power = STREET_INTENSITY * street
            lamp.intensity[0], lamp.intensity[1], lamp.intensity[2] = 1.18 * power, 0.98 * power, 0.66 * power
            lamp.reach, lamp.kind = STREET_REACH, STREET_LAMP
            _list_in_cells(x, y, STREET_REACH, corner[0], corner[1], count, cell_light)
            count += 1
    return count


def find_lights(
    lamp_position: NDArray[np.float64],
    street: float,
    lit: bool,
    valid: NDArray[np.bool_],
    actors: SeenActors,
    eye: NDArray[np.float64],
) -> LightGrid:
    """Find the lights around a camera; for arguments see `gather_lights`."""
    light, corner = np.zeros(MAX_LIGHTS, LAMP), np.zeros(2)
    cell_light = np.full((CELLS, CELLS, PER_CELL), -1, np.int32)
    cell_actor = np.full((CELLS, CELLS, PER_CELL), -1, np.int32)
    count = gather_lights(lamp_position, street, lit, valid, actors, eye, light, cell_light, cell_actor, corner)
    own = bool(lit and count > 0 and len(valid) > 0 and valid[EGO] and actors.lights[EGO] & Light.HEAD)
    return LightGrid(light[:count], cell_light, cell_actor, corner, 0 if own else -1)
