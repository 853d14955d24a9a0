"""Pictures of one moment of an episode: camera with boxes, masks, depth, LiDAR from above, the map with its tracks."""

import colorsys
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from simengine.core.geometry import yaw_from_quaternion
from simengine.core.semantics import SEMANTIC_OF_KIND, Semantic, palette
from simengine.core.state import EGO, ActorKind
from simengine.labels.annotation import Boxes3d
from simengine.road.network import LaneType, MarkingType
from simengine.simulation.episode import Episode, EpisodeFrame
from simengine.simulation.roadmap import RoadMap

Size = tuple[int, int]
Color = tuple[int, int, int]

BACKGROUND: Color = (17, 19, 22)
PANEL: Color = (29, 32, 37)
TEXT: Color = (232, 234, 238)
MUTED: Color = (150, 156, 166)
PASSED: Color = (63, 178, 113)
FAILED: Color = (229, 83, 75)
NEITHER: Color = (122, 128, 140)
EGO_COLOR: Color = (64, 196, 255)
_LANE: Color = (54, 59, 68)
_PAVEMENT: Color = (43, 47, 54)
_MARKING: Color = (128, 133, 142)
_CURB: Color = (78, 83, 92)
# Depth from near to far, on a logarithmic scale between these bounds [m].
_NEAR, _FAR = 2.0, 150.0
_DEPTH_COLORS = np.array(
    [(255, 244, 190), (253, 190, 92), (240, 108, 76), (190, 55, 104), (116, 36, 122), (56, 28, 98), (22, 18, 52)],
    np.float64,
)
_PLATE_TEXT = 11  # [px]
_SUPERSAMPLING = 2  # maps are drawn larger and scaled down, because Pillow's lines have no smooth edges


@lru_cache(maxsize=32)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the built-in typeface at a size [px]."""
    return ImageFont.load_default(size=size)


@lru_cache(maxsize=1)
def _bright_palette() -> NDArray[np.uint8]:
    """Return the class colours, the dark ones lifted so that they show on a dark ground. Shape (256, 3)."""
    colors = palette().astype(np.float64)
    luminance = colors @ np.array([0.299, 0.587, 0.114])
    lift = np.clip((140.0 - luminance) / 255.0, 0.0, 0.55)[:, None]
    return (colors + (255.0 - colors) * lift).astype(np.uint8)


def class_color(semantic: int) -> Color:
    """Return a class's colour for lines and text on dark ground."""
    r, g, b = _bright_palette()[semantic].tolist()
    return r, g, b


def class_name(semantic: int) -> str:
    """Return a class's name in words."""
    return Semantic(semantic).name.lower().replace("_", " ")


def fit(image: Image.Image, size: Size) -> tuple[Image.Image, float, int, int]:
    """Scale an image into a panel; return it with the scale and where its corner is [px]."""
    scale = min(size[0] / image.width, size[1] / image.height)
    scaled = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    left, top = (size[0] - scaled[0]) // 2, (size[1] - scaled[1]) // 2
    panel = Image.new("RGB", size, PANEL)
    panel.paste(image.resize(scaled, Image.Resampling.BILINEAR if scale > 0.5 else Image.Resampling.BOX), (left, top))
    return panel, scale, left, top


def _fit_colors(colors: NDArray[np.uint8], size: Size) -> Image.Image:
    return fit(Image.fromarray(colors), size)[0]


class Plate(NamedTuple):
    """A short text on a filled plate."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    fill: Color


def place_plate(image: Image.Image, x: float, y: float, text: str, fill: Color) -> Plate:
    """Put a plate's lower left corner at a point, kept inside the picture."""
    width, height = text_width(text, _PLATE_TEXT) + 8, _PLATE_TEXT + 5
    x, y = max(0.0, min(x, image.width - width)), max(float(height), y)
    return Plate(x, y - height, x + width, y, text, fill)


def _draw_plate(draw: ImageDraw.ImageDraw, plate: Plate) -> None:
    draw.rounded_rectangle(plate[:4], 3, fill=plate.fill)
    bright = 0.299 * plate.fill[0] + 0.587 * plate.fill[1] + 0.114 * plate.fill[2] > 140
    middle = 0.5 * (plate.top + plate.bottom)
    ink = (15, 16, 18) if bright else (255, 255, 255)
    draw.text((plate.left + 4, middle), plate.text, font=font(_PLATE_TEXT), fill=ink, anchor="lm")


def caption(image: Image.Image, text: str, note: str = "") -> Image.Image:
    """Write a panel's name into its upper left corner, and a note into the upper right one."""
    draw = ImageDraw.Draw(image, "RGBA")
    for words, right in ((text, False), (note, True)):
        if words:
            box = draw.textbbox((0, 0), words, font=font(13))
            width, height = box[2] - box[0] + 14, 22
            x = image.width - width - 8 if right else 8
            draw.rounded_rectangle((x, 8, x + width, 8 + height), 5, fill=(12, 13, 16, 190))
            draw.text((x + 7 - box[0], 8 + height / 2), words, font=font(13), fill=TEXT, anchor="lm")
    return image


def camera_picture(frame: EpisodeFrame, size: Size) -> Image.Image:
    """Draw a camera image with the boxes and classes of what is visible."""
    panel, scale, left, top = fit(Image.fromarray(frame.rgb), size)
    if frame.annotation is None or frame.annotation.boxes_2d is None:
        return panel
    draw, boxes = ImageDraw.Draw(panel), frame.boxes_2d
    plates: list[Plate] = []
    for row in sorted(np.flatnonzero(boxes.visible_pixels > 0), key=lambda i: boxes.distance[i]):  # nearest first
        x0, y0, x1, y1 = (boxes.visible[row] * scale + [left, top, left, top]).tolist()
        if x1 - x0 < 3 or y1 - y0 < 3:
            continue
        color = class_color(int(boxes.semantic[row]))
        draw.rectangle((x0, y0, x1, y1), outline=color, width=2)
        plate = place_plate(panel, x0, y0, class_name(int(boxes.semantic[row])), color)
        if y1 - y0 >= 12 and not any(_overlap(plate, other) for other in plates):
            plates.append(plate)
    for plate in plates:
        _draw_plate(draw, plate)
    return panel


def _overlap(a: Plate, b: Plate) -> bool:
    return a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom


def semantic_picture(frame: EpisodeFrame, size: Size) -> Image.Image:
    """Draw the label classes."""
    return _fit_colors(palette()[frame.semantic], size)


@lru_cache(maxsize=1)
def _instance_colors() -> NDArray[np.uint8]:
    """Return 256 colours of which neighbours differ strongly (hue by the golden ratio). Shape (256, 3)."""
    hues = [(k * 0.618033988749895) % 1.0 for k in range(256)]
    colors = [colorsys.hsv_to_rgb(hue, 0.62 + 0.25 * (k % 2), 0.98 - 0.16 * (k % 3)) for k, hue in enumerate(hues)]
    return (np.array(colors) * 255.0).astype(np.uint8)


def instance_picture(frame: EpisodeFrame, size: Size) -> Image.Image:
    """Draw every instance in its own colour over a dark grey image."""
    instance = frame.instance
    if "rgb" in frame.channels:
        grey = frame.rgb.astype(np.uint16).sum(axis=2) // 9 + 18
        colors = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    else:
        colors = np.full((*instance.shape, 3), PANEL, np.uint8)
    known = instance > 0
    colors[known] = _instance_colors()[instance[known] % 256]
    return _fit_colors(colors, size)


def depth_picture(frame: EpisodeFrame, size: Size) -> Image.Image:
    """Draw depth: bright is near, dark is far, the panel's colour is nothing."""
    depth = frame.depth
    known = depth > 0
    place = np.log(np.clip(np.where(known, depth, 1.0), _NEAR, _FAR) / _NEAR) / math.log(_FAR / _NEAR)
    steps = np.linspace(0.0, 1.0, len(_DEPTH_COLORS))
    table = np.stack([np.interp(np.linspace(0, 1, 256), steps, _DEPTH_COLORS[:, c]) for c in range(3)], axis=1)
    colors = table.astype(np.uint8)[(place * 255.0).astype(np.uint8)]
    colors[~known] = PANEL
    return _fit_colors(colors, size)


class View(NamedTuple):
    """How ground coordinates become pixels: turned by −yaw about a centre, then scaled, y up."""

    x: float  # centre [m]
    y: float
    yaw: float  # direction that points right [rad]
    scale: float  # [px/m]
    size: Size

    def pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pixels of ground points. Shape (num_points, 2)."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        dx, dy = points[:, 0] - self.x, points[:, 1] - self.y
        along, left = dx * c + dy * s, dy * c - dx * s
        return np.stack([0.5 * self.size[0] + along * self.scale, 0.5 * self.size[1] - left * self.scale], axis=1)


def _polyline(draw: ImageDraw.ImageDraw, points: NDArray[np.float64], fill: Any, width: int) -> None:
    if len(points) > 1:
        draw.line([tuple(p) for p in points.tolist()], fill=fill, width=width, joint="curve")


def _dashes(points: NDArray[np.float64], period: float) -> list[NDArray[np.float64]]:
    """Cut a polyline in the plane into dashes of half a period [m]."""
    steps = np.sqrt((np.diff(points[:, :2], axis=0) ** 2).sum(axis=1))
    s = np.concatenate([[0.0], np.cumsum(steps)])
    starts = np.arange(0.0, s[-1], period)
    ends = np.minimum(starts + 0.5 * period, s[-1])
    return [
        np.stack([np.interp([a, b], s, points[:, 0]), np.interp([a, b], s, points[:, 1])], axis=1)
        for a, b in zip(starts, ends, strict=True)
    ]


def draw_roads(draw: ImageDraw.ImageDraw, view: View, road: RoadMap) -> None:
    """Draw lanes, their markings, crossings and stop lines."""
    unit = _SUPERSAMPLING
    for lane in sorted(road.lanes, key=lambda lane: lane.lane_type == LaneType.DRIVING):
        outline = np.concatenate([view.pixels(lane.left), view.pixels(lane.right)[::-1]])
        if (outline.max(axis=0) < 0).any() or (outline.min(axis=0) > view.size).any():
            continue
        fill = _PAVEMENT if lane.lane_type in (LaneType.PAVEMENT, LaneType.SHOULDER, LaneType.PARKING) else _LANE
        draw.polygon([tuple(p) for p in outline.tolist()], fill=fill)
    for lane in road.lanes:
        for edge, marking in ((lane.left, lane.marking_left), (lane.right, lane.marking_right)):
            if marking == MarkingType.BROKEN:
                for dash in _dashes(edge, 9.0):
                    _polyline(draw, view.pixels(dash), _MARKING, unit)
            elif marking != MarkingType.NONE:
                _polyline(draw, view.pixels(edge), _CURB if marking == MarkingType.CURB else _MARKING, unit)
    for corners in road.crossings:
        along, across = corners[1] - corners[0], corners[3] - corners[0]
        length = math.hypot(along[0], along[1])
        for k in range(int(length)):
            a, b = corners[0] + along * ((k + 0.25) / length), corners[0] + along * ((k + 0.75) / length)
            stripe = view.pixels(np.stack([a, b, b + across, a + across]))
            draw.polygon([tuple(p) for p in stripe.tolist()], fill=_MARKING)
    for line in road.stop_lines:
        _polyline(draw, view.pixels(line), (200, 204, 210), 2 * unit)


def _footprint(view: View, position: Any, orientation: Any, size: Any) -> list[tuple[float, float]]:
    """Return the outline of a box from above with a pointed front [px]."""
    yaw = yaw_from_quaternion(*(float(q) for q in orientation))
    half_length, half_width = 0.5 * float(size[0]), 0.5 * float(size[1])
    nose = min(0.25 * half_length, half_width)
    shape = [
        (-half_length, -half_width), (half_length - nose, -half_width), (half_length, 0.0),
        (half_length - nose, half_width), (-half_length, half_width),
    ]
    c, s = math.cos(yaw), math.sin(yaw)
    points = np.array([(position[0] + x * c - y * s, position[1] + x * s + y * c) for x, y in shape])
    return [tuple(p) for p in view.pixels(points).tolist()]


def _ruler(image: Image.Image, view: View) -> None:
    """Draw a scale bar."""
    draw = ImageDraw.Draw(image)
    metres = next((m for m in (5, 10, 20, 50, 100, 200) if m * view.scale > 0.12 * view.size[0]), 200)
    length = metres * view.scale
    x, y = image.width - 14 - length, image.height - 14
    draw.line((x, y, x + length, y), fill=MUTED, width=2)
    for end in (x, x + length):
        draw.line((end, y - 4, end, y + 4), fill=MUTED, width=2)
    draw.text((x + 0.5 * length, y - 6), f"{metres} m", font=font(12), fill=MUTED, anchor="ms")


def _larger(view: View) -> View:
    size = (view.size[0] * _SUPERSAMPLING, view.size[1] * _SUPERSAMPLING)
    return view._replace(scale=view.scale * _SUPERSAMPLING, size=size)


def lidar_picture(frame: EpisodeFrame, boxes: Boxes3d | None, road: RoadMap, size: Size) -> Image.Image:
    """Draw a sweep from above, driving direction to the right, points in the colours of their classes."""
    pose = frame.world_from_sensor
    heading = math.atan2(pose[1, 0], pose[0, 0])
    view = View(
        float(pose[0, 3]) + 14.0 * math.cos(heading), float(pose[1, 3]) + 14.0 * math.sin(heading), heading,
        size[0] / 92.0, size,
    )
    large = _larger(view)
    image = Image.new("RGB", large.size, PANEL)
    draw = ImageDraw.Draw(image)
    draw_roads(draw, large, road)
    image = Image.blend(Image.new("RGB", large.size, PANEL), image, 0.45)
    draw = ImageDraw.Draw(image)
    centre = large.pixels(pose[None, :2, 3])[0]
    for radius in range(20, 121, 20):
        r = radius * large.scale
        draw.ellipse((centre[0] - r, centre[1] - r, centre[0] + r, centre[1] + r), outline=(52, 57, 66), width=2)
    image = image.resize(size, Image.Resampling.BOX)
    pixels = np.array(image)
    points = frame.points.astype(np.float64)
    world = points[:, :1] * pose[:3, 0] + points[:, 1:2] * pose[:3, 1] + points[:, 2:] * pose[:3, 2] + pose[:3, 3]
    place = np.floor(view.pixels(world)).astype(np.int64)
    order = np.argsort(world[:, 2], kind="stable")  # what is higher hides what is lower, as seen from above
    inside = ((place >= 0) & (place < [size[0] - 1, size[1] - 1])).all(axis=1)[order]
    kept = order[inside]
    colors = _bright_palette()[frame.semantic[kept]]
    solid = np.isin(frame.semantic[kept], [SEMANTIC_OF_KIND[kind] for kind in ActorKind] + [Semantic.RIDER])
    pixels[place[kept, 1], place[kept, 0]] = colors
    for dx, dy in ((1, 0), (0, 1), (1, 1)):  # actors are drawn two pixels wide
        pixels[place[kept[solid], 1] + dy, place[kept[solid], 0] + dx] = colors[solid]
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    if boxes is not None:
        for row in range(len(boxes.instance)):
            outline = _footprint(view, boxes.position[row], boxes.orientation[row], boxes.size[row])
            if boxes.instance[row] == EGO + 1:
                draw.polygon(outline, fill=EGO_COLOR)
            else:
                draw.polygon(outline, outline=class_color(int(boxes.semantic[row])), width=1)
    _ruler(image, view)
    return image


def _star(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    spikes = [
        (x + math.cos(k * math.pi / 8) * radius * (1.0 if k % 2 == 0 else 0.45),
         y + math.sin(k * math.pi / 8) * radius * (1.0 if k % 2 == 0 else 0.45))
        for k in range(16)
    ]
    draw.polygon(spikes, fill=(255, 214, 64), outline=FAILED, width=max(1, round(radius / 7)))


def map_picture(episode: Episode, time_ns: int, size: Size) -> Image.Image:
    """Draw the map around the ego at a time [ns]: lanes, everybody's tracks and footprints, collisions."""
    tracks = episode.tracks
    now = int(np.clip(np.searchsorted(tracks.time_ns, time_ns, side="right") - 1, 0, len(tracks.time_ns) - 1))
    ego = tracks.position[:, EGO]
    path = ego[tracks.valid[:, EGO]]
    travelled = float(np.sqrt((np.diff(path[:, :2], axis=0) ** 2).sum(axis=1)).sum()) if len(path) else 0.0
    yaw = yaw_from_quaternion(*tracks.orientation[now, EGO].tolist())
    reach = min(max(0.6 * travelled, 30.0), 75.0)  # from the middle to the edge [m]
    ahead = 0.25 * reach
    view = View(
        float(ego[now, 0]) + ahead * math.cos(yaw), float(ego[now, 1]) + ahead * math.sin(yaw), yaw,
        0.5 * size[0] / reach, size,
    )
    large = _larger(view)
    image = Image.new("RGB", large.size, PANEL)
    draw = ImageDraw.Draw(image, "RGBA")
    draw_roads(draw, large, episode.road_map)
    colors = [class_color(int(SEMANTIC_OF_KIND[ActorKind(int(kind))])) for kind in tracks.kind]
    colors[EGO] = EGO_COLOR
    for a in reversed(range(len(colors))):
        for stretch in _stretches(tracks.valid[:, a]):
            points = large.pixels(tracks.position[stretch, a])
            _polyline(draw, points, (*colors[a], 235 if a == EGO else 150), (3 if a == EGO else 2) * _SUPERSAMPLING)
    for a in reversed(range(len(colors))):
        if tracks.valid[now, a]:
            outline = _footprint(large, tracks.position[now, a], tracks.orientation[now, a], tracks.size[a])
            draw.polygon(outline, fill=colors[a], outline=(12, 13, 16))
    for collision in episode.collisions:
        x, y = large.pixels(np.array([collision.position]))[0].tolist()
        _star(draw, x, y, 9.0 * _SUPERSAMPLING)
    image = image.resize(size, Image.Resampling.BOX)
    _ruler(image, view)
    return image


def _stretches(valid: NDArray[np.bool_]) -> list[slice]:
    """Return where an actor is in the world without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], valid, [False]]).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def nearest_frame(times: NDArray[np.int64], time_ns: int) -> int:
    """Return which of the capture times is nearest."""
    return int(np.abs(times - time_ns).argmin())


def sensor_with(episode: Episode, channel: str) -> str | None:
    """Return the first sensor whose frames have a channel; None if there is none."""
    for sensor in episode.sensors:
        frames = episode.frames(sensor)
        if len(frames) and channel in frames[0].channels:
            return sensor
    return None


def weather_words(parameters: dict[str, Any]) -> str:
    """Describe the weather shortly, from an episode's parameters."""
    weather = {name[8:]: value for name, value in parameters.items() if name.startswith("weather.")}
    words = []
    elevation = weather.get("sun_elevation_deg", 45.0)
    if elevation < -4.0:
        words.append("night")
    elif elevation < 10.0:
        words.append("low sun")
    if weather.get("optical_range", 1e5) < 1500.0:
        words.append(f"fog {weather['optical_range']:.0f} m")
    if weather.get("rain_rate", 0.0) > 0.0:
        words.append(f"rain {weather['rain_rate']:.3g} mm/h")
    if weather.get("snow_rate", 0.0) > 0.0 or weather.get("snow_cover", 0.0) > 0.2:
        words.append("snow")
    if weather.get("ice", 0.0) > 0.2:
        words.append("ice")
    if not words:
        words.append("overcast" if weather.get("cloud", 0.0) > 0.7 else "clear")
    return ", ".join(words)


def verdict_color(passed: bool | None) -> Color:
    """Return the colour that stands for a verdict."""
    return NEITHER if passed is None else PASSED if passed else FAILED


def text_width(text: str, size: int) -> float:
    """Return how wide a text is [px]."""
    return float(font(size).getlength(text))


def shorten(text: str, size: int, width: float) -> str:
    """Cut a text that is too long for a width [px]."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def legend(classes: Sequence[int], width: int) -> Image.Image:
    """Draw the names and colours of classes, in lines."""
    rows: list[list[int]] = [[]]
    x = 0.0
    for semantic in classes:
        needed = text_width(class_name(semantic), 13) + 40
        if x + needed > width and rows[-1]:
            rows.append([])
            x = 0.0
        rows[-1].append(semantic)
        x += needed
    image = Image.new("RGB", (width, 26 * len(rows)), BACKGROUND)
    draw = ImageDraw.Draw(image)
    for line, row in enumerate(rows):
        x = 0.0
        for semantic in row:
            color = tuple(palette()[semantic].tolist())
            draw.rounded_rectangle((x, 26 * line + 6, x + 16, 26 * line + 20), 3, fill=color, outline=(90, 95, 104))
            draw.text((x + 22, 26 * line + 13), class_name(semantic), font=font(13), fill=MUTED, anchor="lm")
            x += text_width(class_name(semantic), 13) + 40
    return image
