"""Pictures of worlds from above, drawn with Pillow at twice the size and halved, so that edges are smooth."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Color = tuple[int, int, int]

GRASS: Color = (62, 84, 58)
ASPHALT: Color = (58, 60, 66)
PAINT: Color = (222, 222, 214)
EGO: Color = (64, 156, 255)
CAR: Color = (214, 214, 220)
TRUCK: Color = (232, 168, 76)
PERSON: Color = (255, 120, 150)
GLASS: Color = (32, 36, 44)
BRAKING: Color = (255, 48, 40)
GOAL: Color = (88, 220, 120)
TEXT: Color = (240, 240, 240)
BANNER: Color = (24, 26, 30)
_SMOOTH = 2
_BANNER_HEIGHT = 26  # [px]


class Canvas:
    """A drawing in world coordinates.

    Args:
        center: World point in the middle [m].
        width: Of the picture [px].
        height: Of the picture, without the banner [px].
        scale: Pixels a meter.
        background: Color of what nothing is drawn on.
    """

    def __init__(self, center: tuple[float, float], width: int, height: int, scale: float, background: Color) -> None:
        self._center, self._scale = center, scale * _SMOOTH
        self._width, self._height = width, height
        self._image = Image.new("RGB", (width * _SMOOTH, height * _SMOOTH), background)
        self._draw = ImageDraw.Draw(self._image)

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Return where a world point lies in the enlarged drawing."""
        return (
            0.5 * self._image.width + (x - self._center[0]) * self._scale,
            0.5 * self._image.height - (y - self._center[1]) * self._scale,
        )

    def polygon(self, points: Sequence[tuple[float, float]], color: Color, outline: Color | None = None) -> None:
        """Fill a polygon of world points."""
        self._draw.polygon([self.pixel(x, y) for x, y in points], fill=color, outline=outline)

    def line(self, points: Sequence[tuple[float, float]], color: Color, width: float) -> None:
        """Draw a polyline of a width [m], at least one pixel."""
        thick = max(_SMOOTH, round(width * self._scale))
        self._draw.line([self.pixel(x, y) for x, y in points], fill=color, width=thick)

    def dashes(self, start: tuple[float, float], end: tuple[float, float], on: float, off: float, width: float) -> None:
        """Draw a broken white line with painted and free lengths [m]."""
        length = math.hypot(end[0] - start[0], end[1] - start[1])
        for k in range(math.ceil(length / (on + off))):
            a, b = k * (on + off) / length, min(1.0, (k * (on + off) + on) / length)
            self.line(
                [(start[0] + f * (end[0] - start[0]), start[1] + f * (end[1] - start[1])) for f in (a, b)], PAINT, width
            )

    def box(
        self, x: float, y: float, yaw: float, length: float, width: float, color: Color, outline: Color | None = None
    ) -> None:
        """Fill an oriented rectangle."""
        self.polygon(_corners(x, y, yaw, length, width), color, outline)

    def vehicle(self, x: float, y: float, yaw: float, length: float, width: float, color: Color, braking: bool) -> None:
        """Draw a vehicle: body, windscreen towards its front, brake lamps."""
        self.box(x, y, yaw, length, width, color, GLASS)
        cosine, sine = math.cos(yaw), math.sin(yaw)
        ahead = 0.18 * length
        self.box(x + ahead * cosine, y + ahead * sine, yaw, 0.14 * length, 0.8 * width, GLASS)
        if braking:
            back = -0.47 * length
            for side in (-0.33 * width, 0.33 * width):
                self.box(
                    x + back * cosine - side * sine, y + back * sine + side * cosine, yaw, 0.5, 0.26 * width, BRAKING
                )

    def disc(self, x: float, y: float, radius: float, color: Color, outline: Color | None = None) -> None:
        """Fill a circle of a radius [m]."""
        px, py = self.pixel(x, y)
        r = max(_SMOOTH, radius * self._scale)
        self._draw.ellipse((px - r, py - r, px + r, py + r), fill=color, outline=outline)

    def label(self, x: float, y: float, text: str, color: Color = TEXT) -> None:
        """Write a short text centered at a world point."""
        self._draw.text(self.pixel(x, y), text, fill=color, anchor="mm", font=ImageFont.load_default(size=11 * _SMOOTH))

    def finish(self, banner: str) -> NDArray[np.uint8]:
        """Return the picture with a line of text below it. Shape (height + 26, width, 3)."""
        small = self._image.resize((self._width, self._height), Image.Resampling.BOX)
        picture = Image.new("RGB", (self._width, self._height + _BANNER_HEIGHT), BANNER)
        picture.paste(small, (0, 0))
        ImageDraw.Draw(picture).text(
            (10, self._height + _BANNER_HEIGHT // 2), banner, fill=TEXT, anchor="lm",
            font=ImageFont.load_default(size=14),
        )  # fmt: skip
        return np.asarray(picture)


def _corners(x: float, y: float, yaw: float, length: float, width: float) -> list[tuple[float, float]]:
    cosine, sine = 0.5 * math.cos(yaw), 0.5 * math.sin(yaw)
    return [
        (x + u * length * cosine - v * width * sine, y + u * length * sine + v * width * cosine)
        for u, v in ((1, 1), (1, -1), (-1, -1), (-1, 1))
    ]
