"""Previews show what they say: boxes where the objects are, points where the actors are, tracks on their lanes."""

import av
import numpy as np
import pytest
from PIL import Image

from simengine.core.errors import ConfigError
from simengine.core.semantics import Semantic, palette
from simengine.metrics.verdict import CriterionResult, Verdict
from simengine.simulation.episode.episode import Episode
from simengine.simulation.episode.in_memory import MemoryRecorder
from simengine.simulation.pictures import appearance as style
from simengine.simulation.pictures import camera_pictures as pictures
from simengine.simulation.pictures import from_above as aerial
from simengine.simulation.pictures.preview import PANEL, contact_sheet, telling_moment, write_preview
from simengine.simulation.pictures.video import write_video
from tests.simulation import episode_fixtures as drawn

SIZE = (640, 360)


def play(verdict=drawn.VERDICT, collisions=(drawn.COLLISION,), intervals=(), sensors=None, num_frames=5) -> Episode:
    scenario = drawn.concrete()
    if sensors is not None:
        scenario = scenario.model_copy(update={"sensors": {name: scenario.sensors[name] for name in sensors}})
    recorder = MemoryRecorder("000000", scenario, drawn.network(), drawn.actors(), {})
    for k in range(num_frames):
        time_ns = k * drawn.PERIOD_NS
        state = drawn.state_at(12 * k, time_ns / 1e9)
        recorder.append_state(time_ns, state, None)
        if sensors is None or "camera_front" in sensors:
            recorder.append_frame(*drawn.camera_frame(k, time_ns, state))
        if sensors is None or "lidar_top" in sensors:
            recorder.append_frame(*drawn.lidar_frame(k, time_ns, state))
    recorder.finish(verdict, list(collisions), list(intervals), {})
    return recorder.episode()


@pytest.fixture(scope="module")
def episode() -> Episode:
    return play()


def near(image: Image.Image, color, tolerance: int = 12) -> np.ndarray:
    return (np.abs(np.asarray(image).astype(int) - np.array(color)) <= tolerance).all(axis=2)


def test_boxes_are_drawn_around_the_objects(episode):
    frame = episode.frames("camera_front")[0]
    picture = pictures.camera_picture(frame, SIZE)
    row = int(np.flatnonzero(frame.boxes_2d.instance == 3)[0])  # the pedestrian stands free
    left, top, right, bottom = (frame.boxes_2d.visible[row] * 2.0).astype(int)
    outline = near(picture, style.class_color(Semantic.PEDESTRIAN))
    assert outline[top + 4 : bottom - 2, left].all() and outline[bottom - 1, left + 2 : right - 2].all()
    assert not outline[: top - 30].any() and not outline[bottom + 4 :].any()


def test_semantic_picture_has_the_palette_and_instances_differ(episode):
    frame = episode.frames("camera_front")[0]
    picture = pictures.semantic_picture(frame, (drawn.WIDTH, drawn.HEIGHT))
    np.testing.assert_array_equal(np.asarray(picture), palette()[frame.semantic])
    instances = np.asarray(pictures.instance_picture(frame, (drawn.WIDTH, drawn.HEIGHT)))
    colors = {tuple(instances[frame.instance == k][0].tolist()) for k in np.unique(frame.instance) if k}
    assert len(colors) == len(np.unique(frame.instance)) - 1


def test_depth_grows_darker_with_distance_and_nothing_is_blank(episode):
    frame = episode.frames("camera_front")[0]
    pixels = np.asarray(pictures.depth_picture(frame, (drawn.WIDTH, drawn.HEIGHT))).astype(int)
    assert (np.diff(pixels[100:, 5].sum(axis=1)) >= 0).all()  # the ground comes nearer downwards
    assert (pixels[frame.depth == 0] == style.PANEL).all()


def test_lidar_points_fall_on_the_outlines_of_their_actors(episode):
    scan = episode.frames("lidar_top")[0]
    picture = aerial.lidar_picture(scan, None, episode.road_map, SIZE)
    hits = near(picture, style.class_color(Semantic.PEDESTRIAN))
    scale = SIZE[0] / 92.0
    x, y = drawn.ACTORS[2][1][0] - 1.6 - 14.0, drawn.ACTORS[2][1][1]
    expected = (SIZE[0] / 2 + x * scale, SIZE[1] / 2 - y * scale)
    rows, columns = np.nonzero(hits)
    assert len(rows) > 3
    assert np.abs(columns - expected[0]).max() < 0.5 * scale + 3 and np.abs(rows - expected[1]).max() < 0.5 * scale + 3


def test_the_map_shows_the_ego_near_the_middle_and_a_star_at_the_collision(episode):
    picture = aerial.map_picture(episode, 0, SIZE)
    rows, columns = np.nonzero(near(picture, style.EGO_COLOR))
    scale = 0.5 * SIZE[0] / 30.0
    assert abs(np.median(rows) - SIZE[1] / 2) < 3
    assert columns.min() == pytest.approx(SIZE[0] / 2 - (7.5 + 2.3) * scale, abs=4)
    star_rows, star_columns = np.nonzero(near(picture, (255, 214, 64)))
    assert np.median(star_columns) == pytest.approx(SIZE[0] / 2 + (12.5 - 7.5) * scale, abs=3)
    assert np.median(star_rows) == pytest.approx(SIZE[1] / 2 - 0.4 * scale, abs=3)


def test_a_turned_ego_looks_to_the_right():
    view = aerial.MapView(10.0, 5.0, np.pi / 2, 2.0, (100, 80))
    ahead_and_left = np.array([[10.0, 15.0], [0.0, 5.0]])
    np.testing.assert_allclose(view.pixels(ahead_and_left), [[70.0, 40.0], [50.0, 20.0]], atol=1e-9)


@pytest.mark.parametrize(
    ("collisions", "intervals", "expected"),
    [
        ([drawn.COLLISION], [drawn.INTERVAL], 20_000_000),
        ([drawn.COLLISION._replace(actor=2, other=3)], [drawn.INTERVAL], 200_000_000),
        ([], [drawn.INTERVAL._replace(response_ns=-1)], 250_000_000),
    ],
)
def test_the_telling_moment_is_just_before_the_collision_else_the_reaction(collisions, intervals, expected):
    assert telling_moment(play(collisions=collisions, intervals=intervals)) == expected


def test_without_events_the_moment_with_most_to_see_is_shown():
    episode = play(collisions=[])
    frames = episode.frames("camera_front")
    seen = [np.sqrt(frame.boxes_2d.visible_pixels.astype(float)).sum() for frame in frames]
    assert telling_moment(episode) == int(np.argmax(seen)) * drawn.PERIOD_NS


@pytest.mark.parametrize(("passed", "color"), [(True, style.PASSED), (False, style.FAILED), (None, style.NEITHER)])
def test_the_sheet_states_the_verdict_in_its_color(passed, color):
    sheet = contact_sheet([play(verdict=Verdict((CriterionResult("no_collision", passed, -1, (), None, ""),)))])
    assert near(sheet.crop((0, 0, sheet.width, 70)), color, 2).sum() > 500


@pytest.mark.parametrize(("sensors", "panels"), [(None, 6), (["camera_front"], 5), (["lidar_top"], 2), ([], 1)])
def test_the_sheet_has_a_panel_for_each_view_there_is(sensors, panels):
    sheet = contact_sheet([play(sensors=sensors)])
    lines = -(-panels // 3)
    assert sheet.width == 3 * PANEL[0] + 20 + 56
    assert sheet.height // PANEL[1] == lines
    corners = [(28 + 62 + line * (PANEL[1] + 10), 28 + k * (PANEL[0] + 10)) for line in range(lines) for k in range(3)]
    grounds = [np.asarray(sheet)[y + 200, x + 10] for y, x in corners]
    blank = [(ground == style.BACKGROUND).all() for ground in grounds]
    assert blank == [False] * panels + [True] * (lines * 3 - panels)


def test_a_failed_episode_is_among_the_ones_shown(tmp_path, monkeypatch):
    from simengine.simulation.pictures import preview

    passed = play(verdict=Verdict((CriterionResult("no_collision", True, -1, (), None, ""),)), num_frames=1)
    failed = play(num_frames=1)
    shown = []
    monkeypatch.setattr(preview, "contact_sheet", lambda episodes: shown.extend(episodes) or Image.new("RGB", (4, 4)))
    write_preview([passed, passed, passed, failed], tmp_path / "preview.png", 2)
    assert shown == [passed, failed]
    assert [path.name for path in tmp_path.iterdir()] == ["preview.png"]


def test_a_preview_of_nothing_or_into_nowhere_is_one_error(tmp_path, episode):
    with pytest.raises(ConfigError, match="at least one episode"):
        write_preview([], tmp_path / "preview.png", 4)
    with pytest.raises(ConfigError, match="nowhere/preview.png: cannot be written: no such file or directory"):
        write_preview([episode], tmp_path / "nowhere" / "preview.png", 1)
    with pytest.raises(ConfigError, match="nowhere/preview.mp4: cannot be written"):
        write_video(episode, tmp_path / "nowhere" / "preview.mp4")


def test_the_video_is_what_browsers_play_and_shows_every_camera_frame(tmp_path, episode):
    path = tmp_path / "preview.mp4"
    assert write_video(episode, path)
    assert [p.name for p in tmp_path.iterdir()] == ["preview.mp4"]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert float(stream.average_rate) == pytest.approx(10.0)
        images = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(images) == 5 and images[0].shape == (760, 1280, 3)
    assert np.abs(images[0][60:200, 660:1260].astype(int) - palette()[Semantic.SKY]).mean() < 20
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # plays while it loads


def test_an_episode_without_camera_and_lidar_has_no_video(tmp_path):
    assert not write_video(play(sensors=[]), tmp_path / "preview.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        ({"sun_elevation_deg": -20.0, "rain_rate": 8.0}, "night, rain 8 mm/h"),
        ({"sun_elevation_deg": 30.0, "optical_range": 120.0}, "fog 120 m"),
        ({"sun_elevation_deg": 5.0}, "low sun"),
        ({"sun_elevation_deg": 40.0, "cloud": 1.0}, "overcast"),
        ({"sun_elevation_deg": 40.0, "cloud": 0.0}, "clear"),
    ],
)
def test_weather_is_described_in_words(weather, words):
    assert style.weather_words({f"weather.{name}": value for name, value in weather.items()}) == words
