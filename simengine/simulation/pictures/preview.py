"""preview.png: what a dataset looks like, each episode at its most telling moment."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from simengine.core.errors import ConfigError
from simengine.core.history import NANOSECONDS
from simengine.core.semantics import Semantic
from simengine.core.state import EGO
from simengine.simulation.episode.content import content_of
from simengine.simulation.episode.episode import Episode
from simengine.simulation.files.whole_files import complete_or_absent
from simengine.simulation.pictures import appearance as style
from simengine.simulation.pictures.camera_pictures import (
    camera_picture,
    depth_picture,
    instance_picture,
    semantic_picture,
)
from simengine.simulation.pictures.from_above import lidar_picture, map_picture

PANEL = (576, 324)
_COLUMNS = 3
_GAP, _MARGIN = 10, 28
_HEADER = 62
_LOOKED_AT = 200  # episodes among which a failed one is looked for
_BEFORE_COLLISION = 300_000_000  # how long before the first touch an episode is shown [ns]


def telling_moment(episode: Episode) -> int:
    """Return the time [ns] at which an episode is best shown.

    Shortly before the ego's first collision; else when the ego reacts to a hazard; else when a camera sees most.
    """
    hits = [c.start_ns for c in episode.collisions if EGO in (c.actor, c.other)]
    if hits:
        return max(0, min(hits) - _BEFORE_COLLISION)
    hazards = [i for i in episode.intervals if i.name.startswith("hazard:")]
    if hazards:
        first = min(hazards, key=lambda interval: interval.start_ns)
        return first.response_ns if first.response_ns >= 0 else (first.start_ns + first.end_ns) // 2
    cameras = episode.sensors_with("rgb")
    if not cameras:
        return round(0.5 * episode.duration * NANOSECONDS)
    frames = episode.frames(cameras[0])
    step = max(1, len(frames) // 20)  # twenty looks are enough

    def seen(number: int) -> float:
        frame = frames[number]
        has_boxes = frame.annotation is not None and frame.annotation.boxes_2d is not None
        return float(np.sqrt(frame.boxes_2d.visible_pixels.astype(np.float64)).sum()) if has_boxes else 0.0

    best = max(range(0, len(frames), step), key=lambda number: (seen(number), -number))
    return int(frames.capture_ns[best])


def episode_panels(episode: Episode, size: tuple[int, int]) -> tuple[list[Image.Image], list[int]]:
    """Draw every view of an episode at its telling moment; return them with the classes in them."""
    moment = telling_moment(episode)
    panels: list[Image.Image] = []
    classes: set[int] = set()
    for camera in episode.sensors_with("rgb")[:1]:
        frame = episode.frames(camera).nearest(moment)
        moment = frame.capture_ns
        panels.append(style.caption(camera_picture(frame, size), camera, f"{moment / NANOSECONDS:.2f} s"))
        drawn = {"semantic": semantic_picture, "instance": instance_picture, "depth": depth_picture}
        for channel, draw in drawn.items():
            if channel in frame.channels:
                panels.append(style.caption(draw(frame, size), channel))
        if "semantic" in frame.channels:
            classes |= set(np.unique(frame.semantic).tolist())
    for lidar in episode.sensors_with("points", "semantic")[:1]:
        scan = episode.frames(lidar).nearest(moment)
        boxes = scan.annotation.boxes_3d if scan.annotation is not None else None
        picture = lidar_picture(scan, boxes, episode.road_map, size)
        panels.append(style.caption(picture, lidar, f"{len(scan.points):,} points"))
        classes |= set(np.unique(scan.semantic).tolist())
    if len(episode.tracks.time_ns):
        panels.append(style.caption(map_picture(episode, moment, size), "map", f"{moment / NANOSECONDS:.2f} s"))
    return panels, sorted(classes - {int(Semantic.NONE)})


def episode_header(episode: Episode, width: int) -> Image.Image:
    """Draw scenario, weather, seed and verdict in one line."""
    image = Image.new("RGB", (width, _HEADER), style.BACKGROUND)
    draw = ImageDraw.Draw(image)
    verdict, color = episode.verdict, style.verdict_color(episode.verdict.passed)
    draw.text((0, 16), episode.summary.scenario, font=style.font(24), fill=style.TEXT, anchor="lm")
    weather = style.weather_words(episode.parameters)
    about = (weather, f"seed {episode.seed}", f"{episode.duration:.1f} s", episode.id)
    draw.text((0, 43), "  ·  ".join(about), font=style.font(15), fill=style.MUTED, anchor="lm")
    label = verdict.outcome
    plate = style.text_width(label, 16) + 26
    draw.rounded_rectangle((width - plate, 2, width, 30), 14, fill=color)
    draw.text((width - 0.5 * plate, 16), label, font=style.font(16), fill=(255, 255, 255), anchor="mm")
    if verdict.reason:
        reason = style.shorten(verdict.reason, 15, 0.55 * width)
        reason = reason.replace("m/s²", "m/s/s")  # the font has no raised figure
        draw.text((width, 43), reason, font=style.font(15), fill=color, anchor="rm")
    return image


def contact_sheet(episodes: Sequence[Episode]) -> Image.Image:
    """Draw episodes below each other, three views a line, with a legend of the classes that occur.

    Raises:
        ConfigError: There is no episode.
    """
    if not episodes:
        raise ConfigError("a preview needs at least one episode")
    width = _COLUMNS * PANEL[0] + (_COLUMNS - 1) * _GAP
    blocks: list[Image.Image] = []
    classes: set[int] = set()
    for episode in episodes:
        with content_of(episode, "drawn"):
            panels, found = episode_panels(episode, PANEL)
            header = episode_header(episode, width)
        classes |= set(found)
        lines = -(-len(panels) // _COLUMNS)
        block = Image.new("RGB", (width, _HEADER + lines * (PANEL[1] + _GAP)), style.BACKGROUND)
        block.paste(header, (0, 0))
        for k, panel in enumerate(panels):
            x, y = (k % _COLUMNS) * (PANEL[0] + _GAP), _HEADER + (k // _COLUMNS) * (PANEL[1] + _GAP)
            block.paste(_rounded(panel), (x, y))
        blocks.append(block)
    if classes:
        blocks.append(style.legend(sorted(classes), width))
    height = sum(block.height for block in blocks) + 26 * (len(blocks) - 1)
    sheet = Image.new("RGB", (width + 2 * _MARGIN, height + 2 * _MARGIN), style.BACKGROUND)
    y = _MARGIN
    for block in blocks:
        sheet.paste(block, (_MARGIN, y))
        y += block.height + 26
    return sheet


def _rounded(panel: Image.Image) -> Image.Image:
    """Round a panel's corners."""
    mask = Image.new("L", (panel.width * 2, panel.height * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), 16, fill=255)
    ground = Image.new("RGB", panel.size, style.BACKGROUND)
    ground.paste(panel, (0, 0), mask.resize(panel.size, Image.Resampling.BOX))
    return ground


def _shown(episodes: Sequence[Episode], rows: int) -> list[Episode]:
    """Return the first episodes; the last of them gives way to the first failed one if none of them failed."""
    shown = list(episodes[:rows])
    if rows > 1 and len(episodes) > rows and all(episode.verdict.passed is not False for episode in shown):
        others = (episodes[number] for number in range(rows, min(len(episodes), _LOOKED_AT)))
        failed = next((episode for episode in others if episode.verdict.passed is False), None)
        if failed is not None:
            shown[-1] = failed
    return shown


def write_preview(episodes: Sequence[Episode], path: Path, rows: int) -> None:
    """Write the contact sheet as PNG, all of it or not at all.

    Args:
        episodes: A dataset or a list.
        path: The file.
        rows: How many episodes are shown: the first ones, a failed one among them if there is one.

    Raises:
        ConfigError: There is no episode, or the file cannot be written.
    """
    sheet = contact_sheet(_shown(episodes, rows))
    with complete_or_absent(path) as hidden:
        sheet.save(hidden, "PNG", compress_level=6)
