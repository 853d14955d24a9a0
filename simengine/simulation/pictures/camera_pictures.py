"""Pictures of camera frames: the image with its boxes, classes, instances, depth."""

import colorsys
import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from simengine.core.semantics import palette
from simengine.simulation.episode.episode_frames import EpisodeFrame
from simengine.simulation.files.array_encoding import DEPTH_STEPS_PER_METER, encode_depth
from simengine.simulation.pictures.appearance import (
    PANEL,
    Plate,
    Size,
    class_color,
    class_name,
    draw_plate,
    overlap,
    place_plate,
    shrink,
)

# Depth from near to far, on a logarithmic scale between these bounds [m].
_NEAR, _FAR = 2.0, 150.0
_DEPTH_COLORS = np.array(
    [(255, 244, 190), (253, 190, 92), (240, 108, 76), (190, 55, 104), (116, 36, 122), (56, 28, 98), (22, 18, 52)],
    np.float64,
)


def fit(image: Image.Image, size: Size) -> tuple[Image.Image, float, int, int]:
    """Scale an image into a panel; return it with the scale and where its corner is [px]."""
    scale = min(size[0] / image.width, size[1] / image.height)
    scaled = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    left, top = (size[0] - scaled[0]) // 2, (size[1] - scaled[1]) // 2
    panel = Image.new("RGB", size, PANEL)
    panel.paste(image.resize(scaled, Image.Resampling.BILINEAR) if scale > 0.5 else shrink(image, scaled), (left, top))
    return panel, scale, left, top


def _fit_table(index: NDArray[np.uint8], colors: NDArray[np.uint8], size: Size) -> Image.Image:
    """Draw an image of indices into 256 colors. Shapes (height, width) and (256, 3)."""
    three = cv2.cvtColor(np.ascontiguousarray(index), cv2.COLOR_GRAY2RGB)
    return fit(Image.fromarray(cv2.LUT(three, colors.reshape(1, 256, 3))), size)[0]


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
        if y1 - y0 >= 12 and not any(overlap(plate, other) for other in plates):
            plates.append(plate)
    for plate in plates:
        draw_plate(draw, plate)
    return panel


def semantic_picture(frame: EpisodeFrame, size: Size) -> Image.Image:
    """Draw the label classes."""
    return _fit_table(frame.semantic, palette(), size)


@lru_cache(maxsize=1)
def _instance_colors() -> NDArray[np.uint8]:
    """Return 256 colors of which neighbors differ strongly (hue by the golden ratio). Shape (256, 3)."""
    hues = [(k * 0.618033988749895) % 1.0 for k in range(256)]
    colors = [colorsys.hsv_to_rgb(hue, 0.62 + 0.25 * (k % 2), 0.98 - 0.16 * (k % 3)) for k, hue in enumerate(hues)]
    return (np.array(colors) * 255.0).astype(np.uint8)


def instance_picture(frame: EpisodeFrame, size: Size) -> Image.Image:
    """Draw every instance in its own color over a dark gray image."""
    instance = frame.instance
    if "rgb" in frame.channels:
        gray = frame.rgb.astype(np.uint16).sum(axis=2) // 9 + 18
        colors = np.repeat(gray.astype(np.uint8)[..., None], 3, axis=2)
    else:
        colors = np.full((*instance.shape, 3), PANEL, np.uint8)
    known = instance > 0
    colors[known] = _instance_colors()[instance[known] % 256]
    return fit(Image.fromarray(colors), size)[0]


@lru_cache(maxsize=1)
def _depth_table() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the place on the scale of every 16-bit depth, 0 for nothing, and the colors of all places.

    Shapes (65536,) and (256, 3).
    """
    depth = np.arange(2**16) / DEPTH_STEPS_PER_METER
    place = np.log(np.clip(depth, _NEAR, _FAR) / _NEAR) / math.log(_FAR / _NEAR)
    index = 1 + (place * 254.0).astype(np.uint8)
    index[0] = 0
    steps, shades = np.linspace(0.0, 1.0, len(_DEPTH_COLORS)), np.linspace(0.0, 1.0, 255)
    colors = np.stack([np.interp(shades, steps, _DEPTH_COLORS[:, c]) for c in range(3)], axis=1)
    return index, np.concatenate([[PANEL], colors.astype(np.uint8)]).astype(np.uint8)


def depth_picture(frame: EpisodeFrame, size: Size) -> Image.Image:
    """Draw depth: bright is near, dark is far, the panel's color is nothing."""
    index, colors = _depth_table()
    return _fit_table(index[encode_depth(frame.depth)], colors, size)
