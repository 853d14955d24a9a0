"""Benchmark scenes: files are read with care, surfaces are cut finer and stay what they are."""

import numpy as np
import pytest

from simengine.core.errors import ScenarioError
from tests.tools.bench_scenes import CAR, walled_scene
from tools.bench import main
from tools.benches.street import CLASSES, make_street
from tools.benches.tessellation import choose_pieces, cut_triangles, tessellate
from tools.benches.triangles import centers_of, make_scene, read_scene, write_scene

COARSE = make_street(9_000)


def areas(scene) -> np.ndarray:
    """Area of every instance [m²]."""
    corner = scene.vertex[scene.triangle].astype(np.float64)
    area = 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    return np.bincount(scene.instance, area, len(scene.instance_class))


def volumes(scene) -> np.ndarray:
    """Volume that every instance's faces enclose, negative if they face inwards [m³]."""
    center = centers_of(scene, np.arange(len(scene.instance_class)))
    corner = scene.vertex[scene.triangle].astype(np.float64) - center[scene.instance][:, None]
    sixth = (corner[:, 0] * np.cross(corner[:, 1], corner[:, 2])).sum(axis=1) / 6.0
    return np.bincount(scene.instance, sixth, len(scene.instance_class))


def test_the_full_street_has_its_instances_and_faces_outwards():
    street = make_street(60_112)
    assert len(street.triangle) == 60_112 and len(street.cars) == 40
    counts = np.bincount(street.instance_class, minlength=len(CLASSES))
    assert dict(zip(CLASSES, counts.tolist(), strict=True)) == {
        "ground": 1, "building": 60, "car": 40, "pedestrian": 30, "pole": 40, "tree": 60,
    }  # fmt: skip
    assert (volumes(street)[1:] > 0.0).all()
    again = make_street(60_112)
    assert all(np.array_equal(a, b) for a, b in zip(street[:5], again[:5], strict=True))


@pytest.mark.parametrize("triangles", [8_000, 9_500, 25_000, 90_000])
def test_streets_have_about_as_many_triangles_as_asked_for(triangles):
    street = make_street(triangles)
    assert 0.98 * triangles <= len(street.triangle) <= triangles and len(street.instance_class) == 231


def test_cutting_keeps_areas_volumes_instances_and_cars():
    finer = tessellate(COARSE, 4 * len(COARSE.triangle) + 20_000)
    np.testing.assert_allclose(areas(finer), areas(COARSE), rtol=1e-5)
    np.testing.assert_allclose(volumes(finer), volumes(COARSE), rtol=1e-3, atol=1e-4)
    assert np.array_equal(finer.cars, COARSE.cars) and np.array_equal(finer.instance_class, COARSE.instance_class)


@pytest.mark.parametrize("pieces", [1, 2, 3, 5])
def test_cut_triangles_share_the_vertices_of_shared_edges(pieces):
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    vertex, triangle = cut_triangles(square, np.array([[0, 1, 2], [0, 2, 3]], np.int32), pieces)
    assert len(triangle) == 2 * pieces**2 and len(vertex) == (pieces + 1) ** 2
    assert len(np.unique(vertex, axis=0)) == len(vertex)
    corner = vertex[triangle]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    np.testing.assert_allclose(normal[:, 2], 1.0 / pieces**2, rtol=1e-5)


def test_finer_instances_are_spread_over_the_list():
    pieces = choose_pieces(np.full(100, 50), 5_000 + 50 * 3 * 25)
    assert (pieces == 2).sum() == 25 and set(np.flatnonzero(pieces == 2) // 20) == {0, 1, 2, 3, 4}


def test_a_scene_is_written_and_read_back(tmp_path):
    path, again = tmp_path / "street.npz", tmp_path / "again.npz"
    write_scene(path, COARSE)
    read = read_scene(path)
    assert np.array_equal(read.vertex[read.triangle], COARSE.vertex[COARSE.triangle])
    assert np.array_equal(read.instance, COARSE.instance) and read.class_names == COARSE.class_names
    assert np.array_equal(read.cars, COARSE.cars) and np.array_equal(read.instance_class, COARSE.instance_class)
    write_scene(again, read)
    with np.load(path) as first, np.load(again) as second:
        assert first.files == second.files and all(np.array_equal(first[key], second[key]) for key in first.files)
        assert {"v", "f", "tri_inst", "car_ids", "inst_class", "inst_v0", "inst_v1", "inst_t0", "inst_t1"} <= set(first)


def test_vertices_that_two_instances_share_become_two():
    vertex = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [9, 9, 9]], np.float32)
    scene = make_scene(
        vertex,
        np.array([[0, 2, 3], [0, 1, 2]], np.int32),
        np.array([1, 0], np.int32),
        np.array([0, 0]),
        (),
        np.array([1]),
    )
    assert scene.first_vertex.tolist() == [0, 3, 6] and scene.first_triangle.tolist() == [0, 1, 2]
    assert scene.vertex[scene.triangle[1]].tolist() == vertex[[0, 2, 3]].tolist()


def arrays(**changes) -> dict[str, np.ndarray]:
    scene = walled_scene()
    good = {"v": scene.vertex, "f": scene.triangle, "tri_inst": scene.instance, "car_ids": np.array([CAR])}
    return {key: value for key, value in {**good, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"v": None}, "no array 'v'; it has car_ids, f, tri_inst"),
        ({"v": np.zeros((4, 3))}, "'v' holds float64, not float32"),
        ({"v": np.zeros((4, 2), np.float32)}, "'v' has shape (4, 2), not (any, 3)"),
        ({"f": np.zeros((2, 3), np.int64)}, "'f' holds int64, not int32"),
        ({"f": np.zeros((0, 3), np.int32), "tri_inst": np.zeros(0, np.int32)}, "'f' is empty"),
        ({"f": np.full((26, 3), 99, np.int32)}, "'f' holds 99, which is not from 0 to 51"),
        ({"v": np.full((52, 3), np.nan, np.float32)}, "not finite"),
        ({"tri_inst": np.zeros(5, np.int32)}, "'tri_inst' has shape (5,), not (26)"),
        ({"tri_inst": np.full(26, -1, np.int32)}, "'tri_inst' holds -1"),
        ({"car_ids": np.array([3])}, "'car_ids' holds 3, which is not from 0 to 2"),
        ({"car_ids": np.array([1.0])}, "'car_ids' holds float64, not integers"),
        ({"inst_class": np.array([0])}, "'inst_class' has 1 rows"),
        ({"inst_class": np.array([0, 1, 2]), "class_names": np.array(["a"])}, "'inst_class' holds 2"),
        ({"inst_class": np.zeros(4, int), "car_ids": np.array([3])}, "3, an instance without triangles"),
        ({"inst_t0": np.array([0, 2, 15])}, "'inst_t0' of instance 2 is 15"),
        ({"inst_v1": np.array([4, 28, 51])}, "'inst_v1' of instance 2 is 51"),
    ],
)
def test_a_wrong_file_is_refused_by_its_array(tmp_path, changes, part):
    path = tmp_path / "wrong.npz"
    np.savez(path, **arrays(**changes))
    with pytest.raises(ScenarioError) as error:
        read_scene(path)
    assert part in str(error.value) and "wrong.npz" in str(error.value)


def test_what_is_no_scene_at_all_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="no such file"):
        read_scene(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(ScenarioError, match="not an .npz file"):
        read_scene(tmp_path / "text.npz")
    np.save(tmp_path / "single.npy", np.zeros(3))
    with pytest.raises(ScenarioError, match="not an .npz file"):
        read_scene(tmp_path / "single.npy")


def test_the_command_writes_a_street(tmp_path, capsys):
    path = tmp_path / "street.npz"
    assert main(["scene", "--triangles", "9e3", "--out", str(path)]) == 0
    assert f"{len(read_scene(path).triangle)} triangles, 231 instances, 40 cars" in capsys.readouterr().out
    finer = tmp_path / "finer.npz"
    assert main(["scene", "--triangles", "20000", "--like", str(path), "--out", str(finer)]) == 0
    assert 19_600 <= len(read_scene(finer).triangle) <= 20_000


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["scene", "--triangles", "5000"], "coarsest street has 7992"),
        (["scene", "--triangles", "-3"], "-3 is not a whole number"),
        (["scene", "--triangles", "1e99"], "1e99 is not a whole number"),
        (["scene", "--triangles", "9000", "--out", "no/such/folder/a.npz"], "cannot be written"),
    ],
)
def test_wrong_requests_get_one_line_and_exit_code_2(capsys, arguments, part):
    try:
        code = main(arguments)
    except SystemExit as exit_:
        code = exit_.code
    err = capsys.readouterr().err
    assert code == 2 and part in err and len(err.strip().splitlines()) == 1
