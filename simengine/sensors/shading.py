"""The light that each pixel receives, worked out once for the surface that the visibility buffer shows there.

Direct sun with shadows, the sky's and the ground's diffuse light, local lamps,
mirror reflections of sky and wet ground,
lamps that shine themselves, and the air between: Koschmieder's law with the weather's extinction, L = L₀ T + A (1 − T).
Koschmieder is known to fail for very near and very large objects and for lamp-lit fog; lamp-lit air comes from
`simengine.sensors.air`. Diffuse surfaces are Lambert's, highlights Blinn's with the normalised lobe, Fresnel's
factor is Schlick's. Radiometric quantities are photometric: luminance [cd/m²] and illuminance [lx] as linear sRGB.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.mesh import Material
from simengine.core.semantics import Semantic
from simengine.core.state import ActorKind, Light
from simengine.road.network import SignalColor
from simengine.sensors.air import scattered_light
from simengine.sensors.lamps import CELL_SIZE, HEAD_INTENSITY, ground_openness, head_lamp_share, light_at
from simengine.sensors.noise import fractal_noise, lattice_value, smooth_step, value_noise
from simengine.sensors.shadow import sun_visible
from simengine.sensors.sky import sample_sky
from simengine.sensors.surfaces import textured_albedo

SUN_SOLID_ANGLE = 6.8e-5  # [sr]
SUN_COSINE = 0.9999889  # of the sun's angular radius, 0.27°
AIR_LAYER = 250.0  # height of the layer of fog or precipitation over the ground [m]
CLEAR_EXTINCTION = 1.5e-4  # of the clear air that the sky's map contains already [1/m]
# Wet asphalt has about half its dry albedo (Lekner and Dorf, "Why some things are darker when wet", 1988); water
# reflects 2 % head-on.
WET_DARKENING, WATER_REFLECTANCE = 0.5, 0.02
SNOW = (0.80, 0.82, 0.86)

_CAR_PAINT, _GLASS, _WINDOW = int(Material.CAR_PAINT), int(Material.GLASS), int(Material.WINDOW)
_HEADLAMP, _TAIL_LAMP, _INDICATOR = int(Material.HEADLAMP), int(Material.TAIL_LAMP), int(Material.INDICATOR)
_SIGNAL_RED, _SIGNAL_AMBER, _SIGNAL_GREEN = (
    int(Material.SIGNAL_RED), int(Material.SIGNAL_AMBER), int(Material.SIGNAL_GREEN),
)
_ROAD, _MARKING, _PAVEMENT, _TERRAIN = (
    int(Semantic.ROAD), int(Semantic.LANE_MARKING), int(Semantic.PAVEMENT), int(Semantic.TERRAIN),
)
_FLOOR = int(Semantic.FLOOR)
_BRAKE, _LEFT, _RIGHT, _HEAD = int(Light.BRAKE), int(Light.LEFT), int(Light.RIGHT), int(Light.HEAD)
_SHOWS_RED, _SHOWS_RED_AMBER, _SHOWS_GREEN, _SHOWS_AMBER = (
    int(SignalColor.RED), int(SignalColor.RED_AMBER), int(SignalColor.GREEN), int(SignalColor.AMBER),
)
_ROBOT, _BICYCLE = int(ActorKind.ROBOT), int(ActorKind.BICYCLE)


class View(NamedTuple):
    """Where the image is taken from; a mirror image has a reflection in `world_from_camera`."""

    eye: NDArray[np.float64]  # [m]. (3,)
    world_from_camera: NDArray[np.float64]  # optical axes into the world. (3, 3)
    fx: float  # [px]
    fy: float  # [px]
    cx: float  # [px]
    cy: float  # [px]


class Bodies(NamedTuple):
    """The scene's geometry at the instant, and what the actors show."""

    vertex: NDArray[np.float32]
    corner_normal: NDArray[np.float32]
    triangle: NDArray[np.int32]
    material: NDArray[np.uint8]
    semantic: NDArray[np.uint8]
    part: NDArray[np.int32]
    triangle_seed: NDArray[np.uint32]
    part_actor: NDArray[np.int32]
    part_instance: NDArray[np.int32]
    part_signal: NDArray[np.int32]
    world_from_part: NDArray[np.float64]  # (num_parts, 3, 4)
    actor_kind: NDArray[np.int32]  # (num_actors,)
    actor_position: NDArray[np.float64]  # about the origin [m]. (num_actors, 3)
    actor_rotation: NDArray[np.float64]  # (num_actors, 3, 3)
    actor_size: NDArray[np.float64]  # length, width, height [m]. (num_actors, 3)
    actor_color: NDArray[np.float32]  # linear RGB. (num_actors, 3)
    lights: NDArray[np.int32]  # bits of Light. (num_actors,)
    signals: NDArray[np.int32]  # SignalColor. (num_signals,)


class Surroundings(NamedTuple):
    """Light, air and wetness."""

    sky_map: NDArray[np.float32]  # see `sky.SkyLight`
    sun_direction: NDArray[np.float64]
    sun: NDArray[np.float64]  # [lx]
    sky: NDArray[np.float64]  # [lx]
    ground: NDArray[np.float64]  # [cd/m²]
    airlight: NDArray[np.float64]  # [cd/m²]
    shadow_height: NDArray[np.float32]  # see `shadow.ShadowMaps`
    shadow_corner: NDArray[np.float64]
    shadow_texel: NDArray[np.float64]
    sun_from_world: NDArray[np.float64]
    light: NDArray[np.float64]  # see `lamps.LightGrid`
    cell_light: NDArray[np.int32]
    cell_actor: NDArray[np.int32]
    corner: NDArray[np.float64]
    own_lamps: int  # row of the ego's head lamps in `light`, or −1
    scatter: NDArray[np.float32]  # see `air.scatter_volume`
    table: NDArray[np.float64]  # see `surfaces.surface_table`
    extinction: float  # [1/m]
    wetness: float
    snow_cover: float
    ice: float
    dark: float  # 1 when windows and lamps are lit, 0 by day
    street: float  # street lamps switched on, 0..1
    time: float  # [s]
    seed: int  # of the episode's appearance


@njit(cache=True)
def turn(m: NDArray[np.float64], x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return the rotation in the first three columns of `m` times a vector."""
    return (
        m[0, 0] * x + m[0, 1] * y + m[0, 2] * z,
        m[1, 0] * x + m[1, 1] * y + m[1, 2] * z,
        m[2, 0] * x + m[2, 1] * y + m[2, 2] * z,
    )


@njit(cache=True)
def turn_back(m: NDArray[np.float64], x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return the inverse of the rotation in the first three columns of `m` times a vector."""
    return (
        m[0, 0] * x + m[1, 0] * y + m[2, 0] * z,
        m[0, 1] * x + m[1, 1] * y + m[2, 1] * z,
        m[0, 2] * x + m[1, 2] * y + m[2, 2] * z,
    )


@njit(cache=True)
def lamp_emission(
    material: int, local_y: float, actor: int, kind: int, lights: int, signal: int, time: float, dark: float,
    street: float, nz: float, to_eye_forward: float, to_eye_left: float, to_eye_up: float,
) -> tuple[float, float, float]:
    """Return the luminance that a lamp or signal shows by itself [cd/m²].

    Args:
        material: Material of the lamp's face.
        local_y: Left of its object's middle [m].
        actor: Whose lamp it is, −1 for the scenery's.
        kind: ActorKind.
        lights: Bits of Light.
        signal: SignalColor if it belongs to a signal, else −1.
        time: [s].
        dark: 1 at night, 0 by day.
        street: Street lamps switched on, 0..1.
        nz: Upward component of the normal.
        to_eye_forward: Direction to the camera in the object's frame.
        to_eye_left: Its left component.
        to_eye_up: Its upward component.
    """
    if signal >= 0:
        power = 7000.0 - 3500.0 * dark
        if material == _SIGNAL_RED and signal in (_SHOWS_RED, _SHOWS_RED_AMBER):
            return 2.6 * power, 0.07 * power, 0.04 * power
        if material == _SIGNAL_AMBER and signal in (_SHOWS_AMBER, _SHOWS_RED_AMBER):
            return 2.0 * power, 0.80 * power, 0.02 * power
        if material == _SIGNAL_GREEN and signal == _SHOWS_GREEN:
            return 0.08 * power, 1.45 * power, 0.75 * power
        return 0.0, 0.0, 0.0
    if actor < 0:
        if material == _HEADLAMP and street > 0.0 and nz < -0.3:
            return 14000.0 * street, 11800.0 * street, 8200.0 * street
        return 0.0, 0.0, 0.0
    if material == _HEADLAMP:
        if kind == _ROBOT:
            return 120.0, 420.0, 500.0
        if not lights & _HEAD:
            return 0.0, 0.0, 0.0
        share = 0.004
        if to_eye_forward > 0.15:
            share += head_lamp_share(to_eye_left / to_eye_forward, to_eye_up / to_eye_forward)
        power = (0.02 if kind == _BICYCLE else 1.0) * share * 0.5 * HEAD_INTENSITY / 0.03  # lens of 0.03 m²
        return 1.02 * power, power, 0.94 * power
    if material == _TAIL_LAMP:
        power = 1600.0 if lights & _BRAKE else (130.0 if lights & _HEAD else 0.0)
        return 3.6 * power, 0.09 * power, 0.05 * power
    if material == _INDICATOR:
        on = (lights & _LEFT and local_y > 0.0) or (lights & _RIGHT and local_y < 0.0)
        if on and time * 1.5 - math.floor(time * 1.5) < 0.5:
            return 8000.0, 3200.0, 90.0
    return 0.0, 0.0, 0.0


@njit(cache=True)
def mirror_sample(
    mirror: NDArray[np.float32], column: float, row: float, spread: float
) -> tuple[float, float, float]:
    """Return the mirror image's luminance at a pixel of half its resolution, smeared along the column.

    Args:
        mirror: Shape (rows, columns, 3).
        column: [px of the mirror image].
        row: [px of the mirror image].
        spread: How far up and down it is smeared [px].
    """
    rows, columns = mirror.shape[0], mirror.shape[1]
    r, g, b = 0.0, 0.0, 0.0
    x = min(columns - 1.001, max(0.0, column - 0.5))
    i = int(x)
    u = x - i
    for k in range(7):
        y = min(rows - 1.001, max(0.0, row - 0.5 + spread * (k - 3.0) / 3.0))
        j = int(y)
        v = y - j
        w00, w01, w10, w11 = (1.0 - v) * (1.0 - u), (1.0 - v) * u, v * (1.0 - u), v * u
        n = i + 1
        r += w00 * mirror[j, i, 0] + w01 * mirror[j, n, 0] + w10 * mirror[j + 1, i, 0] + w11 * mirror[j + 1, n, 0]
        g += w00 * mirror[j, i, 1] + w01 * mirror[j, n, 1] + w10 * mirror[j + 1, i, 1] + w11 * mirror[j + 1, n, 1]
        b += w00 * mirror[j, i, 2] + w01 * mirror[j, n, 2] + w10 * mirror[j + 1, i, 2] + w11 * mirror[j + 1, n, 2]
    return r / 7.0, g / 7.0, b / 7.0


@njit(cache=True)
def sky_pixel(around: Surroundings, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return the luminance of the sky in a unit direction, with the sun's disc and the air before it."""
    if z > 0.0:
        r, g, b = sample_sky(around.sky_map, x, y, z)
        s = around.sun_direction
        cosine = x * s[0] + y * s[1] + z * s[2]
        if cosine > SUN_COSINE:
            r += around.sun[0] / SUN_SOLID_ANGLE
            g += around.sun[1] / SUN_SOLID_ANGLE
            b += around.sun[2] / SUN_SOLID_ANGLE
    else:
        r, g, b = around.ground[0], around.ground[1], around.ground[2]
    beyond = max(0.0, around.extinction - CLEAR_EXTINCTION)
    through = math.exp(-beyond * AIR_LAYER / max(z, 0.01))
    a = around.airlight
    return (
        r * through + a[0] * (1.0 - through),
        g * through + a[1] * (1.0 - through),
        b * through + a[2] * (1.0 - through),
    )


@njit(cache=True)
def reflected_light(around: Surroundings, x: float, y: float, z: float, sharp: bool) -> tuple[float, float, float]:
    """Return the luminance that comes from a unit direction for reflections: sky above, the neighbourhood below."""
    a = around.ground
    # Streets have a horizon of houses, trees and traffic about as bright as the ground.
    high = smooth_step(-0.02, 0.30, z)
    if high <= 0.0:
        return 0.7 * a[0], 0.7 * a[1], 0.7 * a[2]
    if sharp:
        r, g, b = sample_sky(around.sky_map, x, y, z)
    else:
        r, g, b = around.sky[0] / math.pi, around.sky[1] / math.pi, around.sky[2] / math.pi
    low = 0.7 * (1.0 - high)
    return r * high + a[0] * low, g * high + a[1] * low, b * high + a[2] * low


@njit(cache=True)
def shade_pixel(
    bodies: Bodies, around: Surroundings, view: View, mirror: NDArray[np.float32], t: int, depth: float, column: int,
    row: int,
) -> tuple[float, float, float, float]:
    """Return the luminance of the surface that a pixel shows, before the air, and the distance to it [m].

    Args:
        bodies: Geometry.
        around: Light and weather.
        view: Camera.
        mirror: Mirror image of half the resolution for wet ground, of shape (0, 0, 3) if there is none.
        t: Triangle.
        depth: Along the optical axis [m].
        column: Pixel.
        row: Pixel.
    """
    ox, oy = (column + 0.5 - view.cx) / view.fx, (row + 0.5 - view.cy) / view.fy
    w = view.world_from_camera
    rx, ry, rz = turn(w, ox, oy, 1.0)
    stretch = math.sqrt(rx * rx + ry * ry + rz * rz)
    distance = depth * stretch
    vx, vy, vz = -rx / stretch, -ry / stretch, -rz / stretch
    x, y, z = view.eye[0] + rx * depth, view.eye[1] + ry * depth, view.eye[2] + rz * depth
    p = bodies.part[t]
    actor = bodies.part_actor[p]
    material = int(bodies.material[t])
    semantic = int(bodies.semantic[t])
    instance = int(bodies.part_instance[p])
    m = bodies.world_from_part[p]
    # The point and the smooth normal in the part's own frame.
    dx, dy, dz = x - m[0, 3], y - m[1, 3], z - m[2, 3]
    lx, ly, lz = turn_back(m, dx, dy, dz)
    i0, i1, i2 = bodies.triangle[t, 0], bodies.triangle[t, 1], bodies.triangle[t, 2]
    ax, ay, az = float(bodies.vertex[i0, 0]), float(bodies.vertex[i0, 1]), float(bodies.vertex[i0, 2])
    ex, ey, ez = float(bodies.vertex[i1, 0]) - ax, float(bodies.vertex[i1, 1]) - ay, float(bodies.vertex[i1, 2]) - az
    hx, hy, hz = float(bodies.vertex[i2, 0]) - ax, float(bodies.vertex[i2, 1]) - ay, float(bodies.vertex[i2, 2]) - az
    qx, qy, qz = lx - ax, ly - ay, lz - az
    ee, eh, hh = ex * ex + ey * ey + ez * ez, ex * hx + ey * hy + ez * hz, hx * hx + hy * hy + hz * hz
    eq, hq = ex * qx + ey * qy + ez * qz, hx * qx + hy * qy + hz * qz
    det = ee * hh - eh * eh
    w1 = (hh * eq - eh * hq) / det if det > 0.0 else 0.0
    w2 = (ee * hq - eh * eq) / det if det > 0.0 else 0.0
    w0 = 1.0 - w1 - w2
    cn = bodies.corner_normal[t]
    jx = w0 * cn[0, 0] + w1 * cn[1, 0] + w2 * cn[2, 0]
    jy = w0 * cn[0, 1] + w1 * cn[1, 1] + w2 * cn[2, 1]
    jz = w0 * cn[0, 2] + w1 * cn[1, 2] + w2 * cn[2, 2]
    length = math.sqrt(jx * jx + jy * jy + jz * jz)
    if length < 1e-6:
        jx, jy, jz, length = 0.0, 0.0, 1.0, 1.0
    jx, jy, jz = jx / length, jy / length, jz / length
    nx, ny, nz = turn(m, jx, jy, jz)
    facing = nx * vx + ny * vy + nz * vz
    slant = min(1.0, max(0.04, facing))
    footprint = distance / view.fx / math.sqrt(slant)
    pr, pg, pb = 0.5, 0.5, 0.5
    if actor >= 0:
        pr, pg, pb = (
            float(bodies.actor_color[actor, 0]),
            float(bodies.actor_color[actor, 1]),
            float(bodies.actor_color[actor, 2]),
        )
    r, g, b = textured_albedo(
        around.table, material, lx, ly, lz, jx, jy, jz, around.seed, instance, int(bodies.triangle_seed[t]),
        footprint, pr, pg, pb
    )
    reflectance, exponent, retro = around.table[material, 3], around.table[material, 4], around.table[material, 5]
    is_ground = semantic in (_ROAD, _MARKING, _PAVEMENT, _TERRAIN, _FLOOR)
    paved = is_ground and semantic != _TERRAIN
    # Snow lies on what faces up, rain darkens what soaks, ice glazes the ground.
    snow, film = 0.0, 0.0
    if nz > 0.25:
        if around.snow_cover > 0.0 and semantic != _FLOOR:
            if is_ground:
                patch = fractal_noise(0.55 * x, 0.55 * y, 71, 3)
                kept = around.snow_cover * (0.80 if semantic in (_ROAD, _MARKING) else 1.0)
                snow = smooth_step(0.62 - 0.62 * kept, 0.92 - 0.62 * kept, patch)
            else:
                kept = around.snow_cover * (0.75 if actor >= 0 else 1.0)
                snow = kept * smooth_step(0.30, 0.75, nz)
        if is_ground and semantic != _FLOOR:
            if around.wetness > 0.0 and paved:
                puddle = smooth_step(0.74 - 0.34 * around.wetness, 0.86 - 0.30 * around.wetness,
                    fractal_noise(0.17 * x + 31.0, 0.17 * y, 73, 3))
                film = around.wetness * (0.42 + 0.58 * puddle)
            if around.ice > 0.0 and paved:
                glaze = smooth_step(0.85 - 0.8 * around.ice, 1.05 - 0.8 * around.ice,
                    fractal_noise(0.22 * x, 0.22 * y + 17.0, 79, 3))
                film = max(film, 0.8 * glaze)
                r, g, b = r + 0.035 * glaze, g + 0.04 * glaze, b + 0.045 * glaze
            soak = 1.0 - WET_DARKENING * around.wetness * (1.0 if semantic == _ROAD else 0.7)
            r, g, b = r * soak, g * soak, b * soak
            retro *= 1.0 - 0.78 * around.wetness
        if snow > 0.0:
            tone = 1.0 + 0.10 * (value_noise(3.0 * x, 3.0 * y, 83) - 0.5)
            r, g, b = r + snow * (SNOW[0] * tone - r), g + snow * (SNOW[1] * tone - g), b + snow * (SNOW[2] * tone - b)
            film *= 1.0 - snow
            reflectance *= 1.0 - snow
            retro *= 1.0 - snow
    elif reflectance == 0.0 and around.wetness > 0.0:
        soak = 1.0 - 0.25 * around.wetness
        r, g, b = r * soak, g * soak, b * soak
    # Diffuse light.
    openness = 1.0
    if is_ground:
        openness = ground_openness(
            around.cell_actor, around.corner, bodies.actor_position, bodies.actor_rotation, bodies.actor_size, x, y, z
        )
    elif actor >= 0:
        rise = (lz + 0.5 * bodies.actor_size[actor, 2]) / 0.55
        low = 0.45 + 0.55 * min(1.0, max(0.0, rise))
        openness = low + (1.0 - low) * max(0.0, nz)
    sd = around.sun_direction
    toward = nx * sd[0] + ny * sd[1] + nz * sd[2]
    up = 0.5 + 0.5 * nz
    # Walls see more light on the sun's side of the sky.
    side = 1.0 + 0.35 * (nx * sd[0] + ny * sd[1]) * (1.0 - max(0.0, nz))
    er = openness * (up * side * around.sky[0] + (1.0 - up) * math.pi * around.ground[0])
    eg = openness * (up * side * around.sky[1] + (1.0 - up) * math.pi * around.ground[1])
    eb = openness * (up * side * around.sky[2] + (1.0 - up) * math.pi * around.ground[2])
    sunny = 0.0
    if toward > 0.0 and around.sun[1] > 0.0:
        sunny = sun_visible(
            around.shadow_height, around.shadow_corner, around.shadow_texel, around.sun_from_world, x, y, z, nx, ny, nz
        )
        er, eg, eb = (
            er + sunny * toward * around.sun[0],
            eg + sunny * toward * around.sun[1],
            eb + sunny * toward * around.sun[2],
        )
    # Local lamps: diffuse, highlights on smooth surfaces, and back to the lamp for the ego's own.
    gr, gg, gb = 0.0, 0.0, 0.0
    if around.light.shape[0] > 0:
        cell_column = int(math.floor((x - around.corner[0]) / CELL_SIZE))
        cell_row = int(math.floor((y - around.corner[1]) / CELL_SIZE))
        inside = 0 <= cell_column < around.cell_light.shape[1] and 0 <= cell_row < around.cell_light.shape[0]
        for k in range(-1, around.cell_light.shape[2]):
            if k < 0:
                n = around.own_lamps
                if n < 0 or actor == 0:
                    continue
            else:
                n = around.cell_light[cell_row, cell_column, k] if inside else -1
                if n < 0:
                    break
            share, tx, ty, tz = light_at(around.light, n, x, y, z)
            if share <= 0.0:
                continue
            incident = nx * tx + ny * ty + nz * tz
            lr, lg, lb = share * around.light[n, 9], share * around.light[n, 10], share * around.light[n, 11]
            through = math.exp(-around.extinction * math.sqrt(
                (around.light[n, 0] - x) ** 2 + (around.light[n, 1] - y) ** 2 + (around.light[n, 2] - z) ** 2
            ))
            lr, lg, lb = lr * through, lg * through, lb * through
            if incident > 0.0:
                er, eg, eb = er + openness * incident * lr, eg + openness * incident * lg, eb + openness * incident * lb
                if exponent > 50.0 and reflectance > 0.0:
                    kx, ky, kz = tx + vx, ty + vy, tz + vz
                    half = math.sqrt(kx * kx + ky * ky + kz * kz)
                    peak = (nx * kx + ny * ky + nz * kz) / half if half > 1e-6 else 0.0
                    if peak > 0.9:
                        lobe = reflectance * (exponent + 8.0) / (8.0 * math.pi) * peak**exponent * incident
                        gr, gg, gb = gr + lobe * lr, gg + lobe * lg, gb + lobe * lb
            if k < 0 and retro > 0.0 and incident > -0.2:
                back = retro * max(0.0, facing if not is_ground else 1.0) * (
                    1.0 if is_ground else min(1.0, 4.0 * max(0.0, incident)))
                tint = 1.0 / max(0.05, max(r, max(g, b))) if not is_ground else 1.0
                gr += back * lr * (r * tint if not is_ground else 1.0)
                gg += back * lg * (g * tint if not is_ground else 1.0)
                gb += back * lb * (b * tint if not is_ground else 1.0)
    red, green, blue = r * er / math.pi + gr, g * eg / math.pi + gg, b * eb / math.pi + gb
    # Reflections.
    if reflectance > 0.0 and facing > 0.0 and (exponent > 25.0 or around.sun[1] > 0.0):
        grazing = 1.0 - facing
        square = grazing * grazing
        fresnel = reflectance + (1.0 - reflectance) * square * square * grazing * min(1.0, exponent / 150.0)
        mx, my, mz = 2.0 * facing * nx - vx, 2.0 * facing * ny - vy, 2.0 * facing * nz - vz
        if exponent > 25.0:
            sr, sg, sb = reflected_light(around, mx, my, mz, exponent > 300.0)
            keep = 1.0 - fresnel
            red, green, blue = (
                red * keep + fresnel * sr * openness,
                green * keep + fresnel * sg * openness,
                blue * keep + fresnel * sb * openness,
            )
        if sunny > 0.0:
            kx, ky, kz = sd[0] + vx, sd[1] + vy, sd[2] + vz
            half = math.sqrt(kx * kx + ky * ky + kz * kz)
            peak = (nx * kx + ny * ky + nz * kz) / half if half > 1e-6 else 0.0
            if peak > 0.6:
                lobe = sunny * toward * fresnel * (exponent + 8.0) / (8.0 * math.pi) * peak**exponent
                red, green, blue = red + lobe * around.sun[0], green + lobe * around.sun[1], blue + lobe * around.sun[2]
    if film > 0.02 and facing > 0.0:
        grazing = 1.0 - facing
        square = grazing * grazing
        fresnel = (WATER_REFLECTANCE + (1.0 - WATER_REFLECTANCE) * square * square * grazing) * film
        if mirror.shape[0] > 0:
            rough = 1.0 - film
            ripple = (value_noise(9.0 * x, 9.0 * y + 6.0 * around.time, 89) - 0.5) * (0.6 + 2.0 * rough)
            scale = min(1.0, 12.0 / distance) * view.fx / 1000.0
            sr, sg, sb = mirror_sample(
                mirror, 0.5 * (column + 0.5 + 5.0 * ripple * scale), 0.5 * (row + 0.5 + 9.0 * ripple * scale),
                1.0 + 26.0 * rough * view.fx / 1000.0
            )
        else:
            sr, sg, sb = reflected_light(around, -vx, -vy, vz, True)
        keep = 1.0 - fresnel
        red, green, blue = red * keep + fresnel * sr, green * keep + fresnel * sg, blue * keep + fresnel * sb
        if sunny > 0.0:
            kx, ky, kz = sd[0] + vx, sd[1] + vy, sd[2] + vz
            half = math.sqrt(kx * kx + ky * ky + kz * kz)
            peak = kz / half if half > 1e-6 else 0.0
            if peak > 0.9:
                lobe = sunny * toward * fresnel * 14.0 * peak**340.0
                red, green, blue = red + lobe * around.sun[0], green + lobe * around.sun[1], blue + lobe * around.sun[2]
    # What shines by itself.
    if material in (_HEADLAMP, _TAIL_LAMP, _INDICATOR) or _SIGNAL_RED <= material <= _SIGNAL_GREEN:
        tx, ty, tz = turn_back(m, vx, vy, vz)
        signal = -1
        if bodies.part_signal[p] >= 0 and bodies.part_signal[p] < bodies.signals.shape[0]:
            signal = bodies.signals[bodies.part_signal[p]]
        kind = bodies.actor_kind[actor] if actor >= 0 else -1
        lights = bodies.lights[actor] if actor >= 0 else 0
        sr, sg, sb = lamp_emission(material, ly, actor, kind, lights, signal, around.time, around.dark, around.street,
            nz, tx, ty, tz)
        red, green, blue = red + sr, green + sg, blue + sb
    elif material == _WINDOW and around.dark > 0.0:
        pick = lattice_value(int(bodies.triangle_seed[t]), around.seed & 0xFFFF, 97)
        if pick < 0.34:
            power = around.dark * (2.0 + 22.0 * lattice_value(int(bodies.triangle_seed[t]), around.seed & 0xFFFF, 101))
            power *= 0.75 + 0.5 * value_noise(2.0 * (lx + ly), 2.0 * lz, 103)
            warm = lattice_value(int(bodies.triangle_seed[t]), around.seed & 0xFFFF, 107)
            red, green, blue = (
                red + 1.25 * power,
                green + (0.82 + 0.15 * warm) * power,
                blue + (0.40 + 0.5 * warm) * power,
            )
    return red, green, blue, distance


@njit(cache=True, nogil=True)
def shade_rows(
    bodies: Bodies, around: Surroundings, view: View, mirror: NDArray[np.float32], inverse_depth: NDArray[np.float32],
    nearest: NDArray[np.int32], row_first: int, row_last: int, out: NDArray[np.float32],
) -> None:
    """Work out the luminance of the rows [row_first, row_last) of an image.

    Args:
        bodies: Geometry.
        around: Light and weather.
        view: Camera.
        mirror: Mirror image of half the resolution, or shape (0, 0, 3).
        inverse_depth: [1/m]. Shape (height, width).
        nearest: Triangle or −1. Shape (height, width).
        row_first: First row.
        row_last: One past the last.
        out: Linear sRGB luminance [cd/m²]. Shape (height, width, 3).
    """
    w = view.world_from_camera
    height, width = nearest.shape
    lit_air = around.scatter.shape[0] > 0
    for row in range(row_first, row_last):
        oy = (row + 0.5 - view.cy) / view.fy
        for column in range(width):
            t = nearest[row, column]
            if t < 0:
                ox = (column + 0.5 - view.cx) / view.fx
                x, y, z = turn(w, ox, oy, 1.0)
                length = math.sqrt(x * x + y * y + z * z)
                red, green, blue = sky_pixel(around, x / length, y / length, z / length)
                distance = 1e4
            else:
                red, green, blue, distance = shade_pixel(
                    bodies, around, view, mirror, t, 1.0 / float(inverse_depth[row, column]), column, row
                )
                through = math.exp(-around.extinction * distance)
                red = red * through + around.airlight[0] * (1.0 - through)
                green = green * through + around.airlight[1] * (1.0 - through)
                blue = blue * through + around.airlight[2] * (1.0 - through)
            if lit_air:
                sr, sg, sb = scattered_light(around.scatter, (column + 0.5) / width, (row + 0.5) / height, distance)
                red, green, blue = red + sr, green + sg, blue + sb
            out[row, column, 0], out[row, column, 1], out[row, column, 2] = red, green, blue
