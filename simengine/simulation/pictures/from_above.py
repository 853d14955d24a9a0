"""Pictures from above: a LiDAR sweep in the colors of its classes, and the map with everybody's tracks."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from simengine.core.semantics import SEMANTIC_OF_KIND, Semantic
from simengine.core.space.geometry import yaw_from_quaternion
from simengine.core.state import EGO, ActorKind
from simengine.labels.annotation import Boxes3d
from simengine.road.network.network import LaneType, MarkingType
from simengine.simulation.episode.episode import Episode
from simengine.simulation.episode.episode_frames import EpisodeFrame
from simengine.simulation.pictures.appearance import (
    EGO_COLOR,
    FAILED,
    MUTED,
    PANEL,
    Color,
    Size,
    bright_palette,
    class_color,
    font,
    shrink,
)
from simengine.simulation.world.roadmap import RoadMap

_LANE: Color = (54, 59, 68)
_PAVEMENT: Color = (43, 47, 54)
_MARKING: Color = (128, 133, 142)
_CURB: Color = (78, 83, 92)
_SUPERSAMPLING = 2  # maps are drawn larger and scaled down, because Pillow's lines have no smooth edges


class MapView(NamedTuple):
    """How ground coordinates become pixels: turned by −yaw about a center, then scaled, y up."""

    x: float  # center [m]
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


def draw_roads(draw: ImageDraw.ImageDraw, view: MapView, road: RoadMap) -> None:
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
            if marking in (MarkingType.BROKEN, MarkingType.DOUBLE_BROKEN):
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


def _footprint(view: MapView, position: Any, orientation: Any, size: Any) -> list[tuple[float, float]]:
    """Return the outline of a box from above with a pointed front [px]."""
    yaw = yaw_from_quaternion(*(float(q) for q in orientation))
    half_length, half_width = 0.5 * float(size[0]), 0.5 * float(size[1])
    nose = min(0.25 * half_length, half_width)
    shape = [
        (-half_length, -half_width),
        (half_length - nose, -half_width),
        (half_length, 0.0),
        (half_length - nose, half_width),
        (-half_length, half_width),
    ]
    c, s = math.cos(yaw), math.sin(yaw)
    points = np.array([(position[0] + x * c - y * s, position[1] + x * s + y * c) for x, y in shape])
    return [tuple(p) for p in view.pixels(points).tolist()]


def _ruler(image: Image.Image, view: MapView) -> None:
    """Draw a scale bar."""
    draw = ImageDraw.Draw(image)
    meters = next((m for m in (5, 10, 20, 50, 100, 200) if m * view.scale > 0.12 * view.size[0]), 200)
    length = meters * view.scale
    x, y = image.width - 14 - length, image.height - 14
    draw.line((x, y, x + length, y), fill=MUTED, width=2)
    for end in (x, x + length):
        draw.line((end, y - 4, end, y + 4), fill=MUTED, width=2)
    draw.text((x + 0.5 * length, y - 6), f"{meters} m", font=font(12), fill=MUTED, anchor="ms")


def _larger(view: MapView) -> MapView:
    size = (view.size[0] * _SUPERSAMPLING, view.size[1] * _SUPERSAMPLING)
    return view._replace(scale=view.scale * _SUPERSAMPLING, size=size)


def lidar_picture(frame: EpisodeFrame, boxes: Boxes3d | None, road: RoadMap, size: Size) -> Image.Image:
    """Draw a sweep from above, driving direction to the right, points in the colors of their classes."""
    pose = frame.world_from_sensor
    heading = math.atan2(pose[1, 0], pose[0, 0])
    view = MapView(
        float(pose[0, 3]) + 14.0 * math.cos(heading),
        float(pose[1, 3]) + 14.0 * math.sin(heading),
        heading,
        size[0] / 92.0,
        size,
    )
    large = _larger(view)
    image = Image.new("RGB", large.size, PANEL)
    draw = ImageDraw.Draw(image)
    draw_roads(draw, large, road)
    image = Image.blend(Image.new("RGB", large.size, PANEL), image, 0.45)
    draw = ImageDraw.Draw(image)
    center = large.pixels(pose[None, :2, 3])[0]
    for radius in range(20, 121, 20):
        r = radius * large.scale
        draw.ellipse((center[0] - r, center[1] - r, center[0] + r, center[1] + r), outline=(52, 57, 66), width=2)
    image = shrink(image, size)
    pixels = np.array(image)
    points = frame.points.astype(np.float64)
    world = points[:, :1] * pose[:3, 0] + points[:, 1:2] * pose[:3, 1] + points[:, 2:] * pose[:3, 2] + pose[:3, 3]
    place = np.floor(view.pixels(world)).astype(np.int64)
    order = np.argsort(world[:, 2], kind="stable")  # what is higher hides what is lower, as seen from above
    inside = ((place >= 0) & (place < [size[0] - 1, size[1] - 1])).all(axis=1)[order]
    kept = order[inside]
    colors = bright_palette()[frame.semantic[kept]]
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
        (
            x + math.cos(k * math.pi / 8) * radius * (1.0 if k % 2 == 0 else 0.45),
            y + math.sin(k * math.pi / 8) * radius * (1.0 if k % 2 == 0 else 0.45),
        )
        for k in range(16)
    ]
    draw.polygon(spikes, fill=(255, 214, 64), outline=FAILED, width=max(1, round(radius / 7)))


def map_picture(episode: Episode, time_ns: int, size: Size) -> Image.Image:
    """Draw the map around the ego at a time [ns]: lanes, everybody's tracks and footprints, collisions."""
    tracks = episode.tracks
    now = frame_at(episode, time_ns)
    ego = tracks.position[:, EGO]
    path = ego[tracks.valid[:, EGO]]
    traveled = float(np.sqrt((np.diff(path[:, :2], axis=0) ** 2).sum(axis=1)).sum()) if len(path) else 0.0
    yaw = yaw_from_quaternion(*tracks.orientation[now, EGO].tolist())
    reach = min(max(0.6 * traveled, 30.0), 75.0)  # from the middle to the edge [m]
    ahead = 0.25 * reach
    view = MapView(
        float(ego[now, 0]) + ahead * math.cos(yaw),
        float(ego[now, 1]) + ahead * math.sin(yaw),
        yaw,
        0.5 * size[0] / reach,
        size,
    )
    return scene_picture(episode, time_ns, view, False)


def frame_at(episode: Episode, time_ns: int) -> int:
    """Return the last recorded frame of the tracks up to a time [ns]."""
    times = episode.tracks.time_ns
    return int(np.clip(np.searchsorted(times, time_ns, side="right") - 1, 0, len(times) - 1))


def scene_picture(episode: Episode, time_ns: int, view: MapView, scenery: bool) -> Image.Image:
    """Draw what lies in a view from above at a time [ns]: lanes, everybody's tracks and footprints, collisions.

    Args:
        episode: What happened.
        time_ns: When [ns].
        view: Which part of the ground, and how large the picture is.
        scenery: Whether the boxes of fixed objects are drawn, but for what hangs higher than the ego.
    """
    tracks, now = episode.tracks, frame_at(episode, time_ns)
    large = _larger(view)
    image = Image.new("RGB", large.size, PANEL)
    draw = ImageDraw.Draw(image, "RGBA")
    draw_roads(draw, large, episode.road_map)
    if scenery:
        _draw_scenery(draw, large, episode, float(tracks.position[now, EGO, 2]))
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
    image = shrink(image, view.size)
    _ruler(image, view)
    return image


def _draw_scenery(draw: ImageDraw.ImageDraw, view: MapView, episode: Episode, height: float) -> None:
    """Draw the outlines of fixed objects that begin below a height [m]."""
    table = episode.scenery
    below = table.position[:, 2] - 0.5 * table.size[:, 2] < height
    for row in np.flatnonzero(below).tolist():
        half_length, half_width = 0.5 * float(table.size[row, 0]), 0.5 * float(table.size[row, 1])
        c, s = math.cos(float(table.yaw[row])), math.sin(float(table.yaw[row]))
        x, y = table.position[row, :2].tolist()
        corners = np.array(
            [
                (x + along * c - aside * s, y + along * s + aside * c)
                for along, aside in (
                    (-half_length, -half_width),
                    (half_length, -half_width),
                    (half_length, half_width),
                    (-half_length, half_width),
                )
            ]
        )
        outline = [tuple(p) for p in view.pixels(corners).tolist()]
        color = class_color(int(table.semantic[row]))
        draw.polygon(outline, fill=(*color, 90), outline=(*color, 220))


def _stretches(valid: NDArray[np.bool_]) -> list[slice]:
    """Return where an actor is in the world without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], valid, [False]]).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
