"""A scene of labeled triangles in one `.npz` file: what the sensors' benchmark draws, for us and for others alike.

Arrays of the file: `v` (N, 3) float32, vertices [m], z up, ground near 0; `f` (M, 3) int32, rows of `v`,
counter-clockwise from outside; `tri_inst` (M,) int32, the instance of each triangle. Optional: `car_ids` (C,), the
instances that move; `inst_class` (I,) and `class_names`; `inst_v0`, `inst_v1`, `inst_t0`, `inst_t1` (I,), the rows of
vertices and triangles of each instance, which only have to agree with `tri_inst`.
"""

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError

NO_CLASS = -1
_RANGES = ("inst_v0", "inst_v1", "inst_t0", "inst_t1")


class TriangleScene(NamedTuple):
    """Triangles and vertices of an instance are contiguous, instances in ascending order; no vertex has two."""

    vertex: NDArray[np.float32]  # [m]. (num_vertices, 3)
    triangle: NDArray[np.int32]  # rows of `vertex`. (num_triangles, 3)
    first_vertex: NDArray[np.int64]  # CSR, (num_instances + 1,)
    first_triangle: NDArray[np.int64]  # CSR, (num_instances + 1,)
    instance_class: NDArray[np.int64]  # row of `class_names`, or NO_CLASS. (num_instances,)
    class_names: tuple[str, ...]
    cars: NDArray[np.int64]  # instances that move, ascending. (num_cars,)

    @property
    def instance(self) -> NDArray[np.int32]:
        """The instance of each triangle. Shape (num_triangles,)."""
        return np.repeat(np.arange(len(self.instance_class), dtype=np.int32), np.diff(self.first_triangle))

    def class_of(self, instance: int) -> str:
        """Return the name of an instance's class; empty where it has none."""
        row = int(self.instance_class[instance])
        return "" if row == NO_CLASS else self.class_names[row]


def make_scene(
    vertex: NDArray[np.float32],
    triangle: NDArray[np.int32],
    instance: NDArray[np.int32],
    instance_class: NDArray[np.int64],
    class_names: tuple[str, ...],
    cars: NDArray[np.int64],
) -> TriangleScene:
    """Put triangles into the order of their instances and give every instance vertices of its own.

    Args:
        vertex: [m]. Shape (num_vertices, 3).
        triangle: Rows of `vertex`. Shape (num_triangles, 3).
        instance: Of each triangle. Shape (num_triangles,).
        instance_class: Rows of `class_names`. Shape (num_instances,).
        class_names: May be empty.
        cars: Instances that move.
    """
    num_instances = len(instance_class)
    order = np.argsort(instance, kind="stable")
    owner = instance[order].astype(np.int64)
    key, corner = np.unique(owner[:, None] * max(len(vertex), 1) + triangle[order], return_inverse=True)
    of_vertex = key // max(len(vertex), 1)
    bounds = np.arange(num_instances + 1)
    return TriangleScene(
        vertex=np.ascontiguousarray(vertex[key % max(len(vertex), 1)], np.float32),
        triangle=np.ascontiguousarray(corner.reshape(-1, 3), np.int32),
        first_vertex=np.searchsorted(of_vertex, bounds),
        first_triangle=np.searchsorted(owner, bounds),
        instance_class=instance_class.astype(np.int64),
        class_names=class_names,
        cars=np.unique(cars).astype(np.int64),
    )


def _check(path: Path, arrays: dict[str, NDArray], key: str, kind: str, shape: tuple[int | None, ...]) -> NDArray:
    """Return an array of a file, which has to have a kind ("f4", "i4" or "i" for any integer) and a shape."""
    if key not in arrays:
        raise ScenarioError(f"{path}: no array {key!r}; it has {', '.join(sorted(arrays)) or 'none'}")
    array = arrays[key]
    right = array.dtype.kind in "iu" if kind == "i" else array.dtype == np.dtype(kind)
    if not right:
        wanted = "integers" if kind == "i" else np.dtype(kind).name
        raise ScenarioError(f"{path}: {key!r} holds {array.dtype}, not {wanted}")
    fits = array.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, array.shape, strict=True))
    if not fits:
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise ScenarioError(f"{path}: {key!r} has shape {array.shape}, not ({wanted})")
    return array


def _check_range(path: Path, key: str, array: NDArray, stop: int) -> None:
    if len(array) and not (array.min() >= 0 and array.max() < stop):
        wrong = int(array.min()) if array.min() < 0 else int(array.max())
        raise ScenarioError(f"{path}: {key!r} holds {wrong}, which is not from 0 to {stop - 1}")


def read_scene(path: Path) -> TriangleScene:
    """Read a scene.

    Raises:
        ScenarioError: It is no such file, or an array is missing, of the wrong type or shape, or out of range.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except FileNotFoundError:
        raise ScenarioError(f"{path}: no such file") from None
    except (OSError, ValueError, TypeError, zipfile.BadZipFile, EOFError) as error:
        raise ScenarioError(f"{path}: not an .npz file of arrays: {error}") from None
    vertex = _check(path, arrays, "v", "f4", (None, 3))
    triangle = _check(path, arrays, "f", "i4", (None, 3))
    instance = _check(path, arrays, "tri_inst", "i4", (len(triangle),))
    if not len(triangle):
        raise ScenarioError(f"{path}: 'f' is empty; there is nothing to see")
    if not np.isfinite(vertex).all():
        raise ScenarioError(f"{path}: 'v' holds a value that is not finite")
    _check_range(path, "f", triangle.ravel(), len(vertex))
    _check_range(path, "tri_inst", instance, 60_000)  # a picture's instance ids have 16 bits
    num_instances = int(instance.max()) + 1
    instance_class = np.full(num_instances, NO_CLASS)
    names: tuple[str, ...] = ()
    if "inst_class" in arrays:
        instance_class = _check(path, arrays, "inst_class", "i", (None,)).astype(np.int64)
        if len(instance_class) < num_instances:
            rows = len(instance_class)
            raise ScenarioError(f"{path}: 'inst_class' has {rows} rows, but 'tri_inst' goes to {num_instances - 1}")
        num_instances = len(instance_class)
        if "class_names" in arrays:
            given = _check(path, arrays, "class_names", arrays["class_names"].dtype.str, (None,))
            names = tuple(str(name) for name in given)
            _check_range(path, "inst_class", instance_class, len(names))
        else:
            instance_class = np.full(num_instances, NO_CLASS)
    cars = _check(path, arrays, "car_ids", "i", (None,)) if "car_ids" in arrays else np.zeros(0, np.int64)
    _check_range(path, "car_ids", cars, num_instances)
    bare = np.setdiff1d(cars, instance)
    if len(bare):
        raise ScenarioError(f"{path}: 'car_ids' holds {bare[0]}, an instance without triangles")
    for key in _RANGES:
        if key in arrays:
            _check_rows(path, arrays, key, num_instances, instance)
    return make_scene(vertex, triangle, instance, instance_class, names, cars)


def _check_rows(path: Path, arrays: dict[str, NDArray], key: str, num_instances: int, instance: NDArray) -> None:
    """Hold an instance's given rows against its triangles."""
    bound = _check(path, arrays, key, "i", (num_instances,))
    filled = np.flatnonzero(np.bincount(instance, minlength=num_instances))
    if key in ("inst_t0", "inst_t1"):
        pick, off = (np.minimum, 0) if key == "inst_t0" else (np.maximum, 1)
        seen = np.full(num_instances, len(instance) if key == "inst_t0" else -1)
        pick.at(seen, instance, np.arange(len(instance)))
        rows = seen + off
    else:
        pick, off = (np.minimum, 0) if key == "inst_v0" else (np.maximum, 1)
        seen = np.full(num_instances, len(arrays["v"]) if key == "inst_v0" else -1)
        pick.at(seen, np.repeat(instance, 3), arrays["f"].ravel())
        rows = seen + off
    outside = bound > rows if key.endswith("0") else bound < rows
    wrong = filled[outside[filled]]
    if len(wrong):
        i = int(wrong[0])
        raise ScenarioError(f"{path}: {key!r} of instance {i} is {bound[i]}, but 'tri_inst' and 'f' say {rows[i]}")


def write_scene(path: Path, scene: TriangleScene) -> None:
    """Write a scene with all its optional arrays; the same scene gives the same bytes."""
    arrays: dict[str, Any] = {
        "v": scene.vertex, "f": scene.triangle, "tri_inst": scene.instance,
        "inst_class": scene.instance_class.astype(np.int32),
        "inst_v0": scene.first_vertex[:-1].astype(np.int64), "inst_v1": scene.first_vertex[1:].astype(np.int64),
        "inst_t0": scene.first_triangle[:-1].astype(np.int64), "inst_t1": scene.first_triangle[1:].astype(np.int64),
        "car_ids": scene.cars, "car_center": centers_of(scene, scene.cars).astype(np.float32),
    }  # fmt: skip
    if scene.class_names:
        arrays["class_names"] = np.array(scene.class_names)
    else:
        del arrays["inst_class"]
    try:
        np.savez_compressed(path, **arrays)
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be written: {error.strerror}") from None


def boxes_of(scene: TriangleScene, instances: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest corners of instances' upright boxes [m]. Shapes (num, 3)."""
    rows = [scene.vertex[scene.first_vertex[i] : scene.first_vertex[i + 1]].astype(np.float64) for i in instances]
    low = np.array([points.min(axis=0) for points in rows]).reshape(-1, 3)
    return low, np.array([points.max(axis=0) for points in rows]).reshape(-1, 3)


def centers_of(scene: TriangleScene, instances: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the centers of instances' upright boxes, on the ground that they stand on [m]. Shape (num, 3)."""
    low, high = boxes_of(scene, instances)
    center = 0.5 * (low + high)
    center[:, 2] = low[:, 2]
    return center
