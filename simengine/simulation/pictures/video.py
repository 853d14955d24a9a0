"""preview.mp4: camera with boxes, semantic mask, LiDAR from above and depth side by side, playable in browsers."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw

from simengine.core.history import NANOSECONDS
from simengine.simulation.episode.content import content_of
from simengine.simulation.episode.episode import Episode
from simengine.simulation.episode.episode_frames import FrameSequence
from simengine.simulation.files.whole_files import complete_or_absent
from simengine.simulation.pictures import appearance as style
from simengine.simulation.pictures.camera_pictures import camera_picture, depth_picture, semantic_picture
from simengine.simulation.pictures.from_above import lidar_picture, map_picture

_TILE = (640, 360)
_BAR = 40  # height of the line above the tiles [px]
_FAST_START = {"movflags": "+faststart"}  # the index first: plays while it loads
_QUALITY = "22"  # x264's constant rate factor; 18 is visually lossless, 28 visibly poor


def _bar(episode: Episode, time_ns: int) -> Image.Image:
    width = 2 * _TILE[0]
    image = Image.new("RGB", (width, _BAR), style.BACKGROUND)
    draw = ImageDraw.Draw(image)
    words = (episode.summary.scenario, style.weather_words(episode.parameters), f"seed {episode.seed}")
    draw.text((12, _BAR / 2), "  ·  ".join(words), font=style.font(16), fill=style.TEXT, anchor="lm")
    verdict, passed = episode.verdict, episode.verdict.passed
    decisive = verdict.decisive
    happened = decisive is None or decisive.time_ns < 0 or time_ns >= decisive.time_ns
    text = f"{time_ns / NANOSECONDS:5.2f} s"
    draw.text((width - 12, _BAR / 2), text, font=style.font(16), fill=style.TEXT, anchor="rm")
    if happened and passed is not None:
        words = style.shorten(str(verdict), 15, 0.45 * width)
        draw.text((width - 92, _BAR / 2), words, font=style.font(15), fill=style.verdict_color(passed), anchor="rm")
    return image


def _clock(episode: Episode) -> FrameSequence | None:
    """Return the frames that a video follows: those of the first camera, else of the first LiDAR."""
    sensors = episode.sensors_with("rgb") or episode.sensors_with("points", "semantic")
    return episode.frames(sensors[0]) if sensors else None


def video_frames(episode: Episode) -> Iterator[Image.Image]:
    """Draw an episode, one picture per capture of its first camera, or of its first LiDAR if it has no camera."""
    lidars = episode.sensors_with("points", "semantic")
    for frame in _clock(episode) or ():
        tiles: list[Image.Image] = []
        if "rgb" in frame.channels:
            tiles.append(style.caption(camera_picture(frame, _TILE), frame.sensor))
            if "semantic" in frame.channels:
                tiles.append(style.caption(semantic_picture(frame, _TILE), "semantic"))
        for lidar in lidars[:1]:
            scan = episode.frames(lidar).nearest(frame.capture_ns)
            boxes = scan.annotation.boxes_3d if scan.annotation is not None else None
            tiles.append(style.caption(lidar_picture(scan, boxes, episode.road_map, _TILE), lidar))
        if "rgb" in frame.channels and "depth" in frame.channels:
            tiles.append(style.caption(depth_picture(frame, _TILE), "depth"))
        if len(tiles) < 4:
            tiles.append(style.caption(map_picture(episode, frame.capture_ns, _TILE), "map"))
        picture = Image.new("RGB", (2 * _TILE[0], _BAR + 2 * _TILE[1]), style.BACKGROUND)
        picture.paste(_bar(episode, frame.capture_ns), (0, 0))
        for k, tile in enumerate(tiles[:4]):
            picture.paste(tile, ((k % 2) * _TILE[0], _BAR + (k // 2) * _TILE[1]))
        yield picture


def frame_rate(episode: Episode) -> Fraction | None:
    """Return the rate of an episode's video [1/s], that of its first camera or LiDAR; None if it has neither."""
    clock = _clock(episode)
    if clock is None:
        return None
    times = clock.capture_ns
    period = int(np.median(np.diff(times))) if len(times) > 1 else NANOSECONDS // 10
    return Fraction(NANOSECONDS, max(period, NANOSECONDS // 120)).limit_denominator(1000)


def write_video(episode: Episode, path: Path) -> bool:
    """Write an episode as H.264 in MP4, all of it or not at all.

    Returns:
        Whether a file was written: there is none if the episode has neither a camera nor a LiDAR.

    Raises:
        ConfigError: The file cannot be written.
    """
    rate = frame_rate(episode)
    if rate is None:
        return False
    with complete_or_absent(path) as hidden, av.open(str(hidden), "w", format="mp4", options=_FAST_START) as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height = 2 * _TILE[0], _BAR + 2 * _TILE[1]
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1  # more threads cut the picture differently: other bytes
        stream.options = {"preset": "veryfast", "crf": _QUALITY}
        with content_of(episode, "drawn"):
            for picture in video_frames(episode):
                container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
    return True
