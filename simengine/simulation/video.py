"""preview.mp4: camera with boxes, semantic mask, LiDAR from above and depth side by side, playable in browsers."""

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw

from simengine.core.errors import ConfigError
from simengine.core.history import NANOSECONDS
from simengine.simulation import pictures as pic
from simengine.simulation.container import unfinished_name
from simengine.simulation.episode import Episode

_TILE = (640, 360)
_BAR = 40  # height of the line above the tiles [px]
_QUALITY = "22"  # x264's constant rate factor; 18 is visually lossless, 28 visibly poor


def _bar(episode: Episode, time_ns: int) -> Image.Image:
    width = 2 * _TILE[0]
    image = Image.new("RGB", (width, _BAR), pic.BACKGROUND)
    draw = ImageDraw.Draw(image)
    words = (episode.summary.scenario, pic.weather_words(episode.parameters), f"seed {episode.seed}")
    draw.text((12, _BAR / 2), "  ·  ".join(words), font=pic.font(16), fill=pic.TEXT, anchor="lm")
    verdict, passed = episode.verdict, episode.verdict.passed
    decisive = verdict.decisive
    happened = decisive is None or decisive.time_ns < 0 or time_ns >= decisive.time_ns
    text = f"{time_ns / NANOSECONDS:5.2f} s"
    draw.text((width - 12, _BAR / 2), text, font=pic.font(16), fill=pic.TEXT, anchor="rm")
    if happened and passed is not None:
        words = pic.shorten(str(verdict), 15, 0.45 * width)
        draw.text((width - 92, _BAR / 2), words, font=pic.font(15), fill=pic.verdict_color(passed), anchor="rm")
    return image


def video_frames(episode: Episode) -> Iterator[Image.Image]:
    """Draw an episode, one picture per capture of its first camera, or of its first LiDAR if it has no camera."""
    camera, lidar = pic.sensor_with(episode, "rgb"), pic.sensor_with(episode, "points")
    clock = camera or lidar
    if clock is None:
        return
    scans = episode.frames(lidar) if lidar is not None else None
    scan_times = scans.capture_ns if scans is not None else np.zeros(0, np.int64)
    for frame in episode.frames(clock):
        tiles: list[Image.Image] = []
        if camera is not None:
            tiles.append(pic.caption(pic.camera_picture(frame, _TILE), camera))
            if "semantic" in frame.channels:
                tiles.append(pic.caption(pic.semantic_picture(frame, _TILE), "semantic"))
        if scans is not None and len(scans):
            scan = scans[pic.nearest_frame(scan_times, frame.capture_ns)]
            boxes = scan.annotation.boxes_3d if scan.annotation is not None else None
            tiles.append(pic.caption(pic.lidar_picture(scan, boxes, episode.road_map, _TILE), str(lidar)))
        if camera is not None and "depth" in frame.channels:
            tiles.append(pic.caption(pic.depth_picture(frame, _TILE), "depth"))
        if len(tiles) < 4:
            tiles.append(pic.caption(pic.map_picture(episode, frame.capture_ns, _TILE), "map"))
        picture = Image.new("RGB", (2 * _TILE[0], _BAR + 2 * _TILE[1]), pic.BACKGROUND)
        picture.paste(_bar(episode, frame.capture_ns), (0, 0))
        for k, tile in enumerate(tiles[:4]):
            picture.paste(tile, ((k % 2) * _TILE[0], _BAR + (k // 2) * _TILE[1]))
        yield picture


def frame_rate(episode: Episode) -> Fraction | None:
    """Return the rate of an episode's video [1/s], that of its first camera or LiDAR; None if it has neither."""
    clock = pic.sensor_with(episode, "rgb") or pic.sensor_with(episode, "points")
    if clock is None:
        return None
    times = episode.frames(clock).capture_ns
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
    unfinished = unfinished_name(Path(path))
    try:
        with av.open(str(unfinished), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            stream = container.add_stream("libx264", rate=rate)
            stream.width, stream.height = 2 * _TILE[0], _BAR + 2 * _TILE[1]
            stream.pix_fmt = "yuv420p"
            stream.thread_count = 1  # more threads cut the picture differently: other bytes
            stream.options = {"preset": "veryfast", "crf": _QUALITY}
            for picture in video_frames(episode):
                container.mux(stream.encode(av.VideoFrame.from_image(picture)))
            container.mux(stream.encode())
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise ConfigError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from None
    return True
