"""OpenGL in software (Mesa's llvmpipe) through moderngl: one draw call, cars moved by matrices in the vertex shader.

Depth along the optical axis and the instance are pictures of their own beside the depth buffer and are read back; with
RGB, the picture has a sun and sky by Lambert's law and a haze, without shadows.
"""

from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from tools.benches.triangles import TriangleScene
from tools.benches.views import NOTHING, SENSOR, Subject, Views, car_matrices, motion_of, split_scene
from tools.benches.workloads import CAMERA_ALL, CAMERA_IDS

_NEAR, _FAR = 0.05, 1000.0  # [m]
_VERTEX = """
#version 330
in vec3 place;
in vec3 facing;
in int car;        // row of `pose`, or -1
in int instance;
uniform sampler2D pose;   // three rows of a matrix a car
uniform vec3 eye;
uniform vec2 focal;       // over half the picture's size
uniform vec2 planes;
flat out int seen;
#ifdef PICTURE
out vec3 normal;
#endif
void main() {
    vec4 at = vec4(place, 1.0);
    vec3 world = place, turned = facing;
    if (car >= 0) {
        vec4 a = texelFetch(pose, ivec2(0, car), 0);
        vec4 b = texelFetch(pose, ivec2(1, car), 0);
        vec4 c = texelFetch(pose, ivec2(2, car), 0);
        world = vec3(dot(a, at), dot(b, at), dot(c, at));
        turned = vec3(dot(a.xyz, facing), dot(b.xyz, facing), dot(c.xyz, facing));
    }
    vec3 d = world - eye;
    seen = instance + 1;
#ifdef PICTURE
    normal = turned;
#endif
    // x forward, y left, z up; row 0 of the picture is its top, so y of the clip space points down
    gl_Position = vec4(-focal.x * d.y, -focal.y * d.z, (d.x * (planes.y + planes.x) - 2.0 * planes.y * planes.x)
        / (planes.y - planes.x), d.x);
}
"""
_FRAGMENT = """
#version 330
flat in int seen;
layout(location = 0) out uint id;
layout(location = 1) out float depth;
#ifdef PICTURE
in vec3 normal;
layout(location = 2) out vec4 rgb;
const vec3 sun = vec3(-0.587, -0.492, 0.643);
#endif
void main() {
    id = uint(seen);
    depth = 1.0 / gl_FragCoord.w;
#ifdef PICTURE
    vec3 n = normalize(normal);
    vec3 paint = 0.3 + 0.4 * vec3((seen * 37) & 15, (seen * 91) & 15, (seen * 53) & 15) / 15.0;
    vec3 light = 0.8 * max(dot(n, sun), 0.0) * vec3(1.0, 0.96, 0.9) + (0.15 + 0.1 * n.z) * vec3(0.8, 0.9, 1.0);
    float clear = exp(-0.0015 * depth);
    rgb = vec4(sqrt(mix(vec3(0.7, 0.75, 0.8), paint * light, clear)), 1.0);
#endif
}
"""


def _corner_normals(vertex: NDArray[np.float32], triangle: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the mean normal of the faces around each vertex. Shape (num_vertices, 3)."""
    point = vertex[triangle].astype(np.float64)
    face = np.cross(point[:, 1] - point[:, 0], point[:, 2] - point[:, 0])
    out = np.zeros(vertex.shape)
    for corner in range(3):
        np.add.at(out, triangle[:, corner], face)
    return (out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)).astype(np.float32)


class SoftwareOpenGl(Subject):
    """Depth and instance, with an RGB picture where all layers are asked for: its nearest counterpart."""

    workloads = (CAMERA_IDS, CAMERA_ALL)

    def __init__(self, scene: TriangleScene, views: Views, threads: int) -> None:
        context: Any = moderngl.create_context(standalone=True, backend="egl")  # type: ignore[arg-type]
        if "llvmpipe" not in context.info["GL_RENDERER"]:
            raise RuntimeError(f"OpenGL is drawn by {context.info['GL_RENDERER']}, not by llvmpipe")
        still, self._cars = split_scene(scene)
        cars, num_still = self._cars, len(still.vertex)
        vertex = np.concatenate([still.vertex, cars.local])
        triangle = np.concatenate([still.triangle, cars.triangle + np.int32(num_still)])
        instance = np.zeros(len(vertex), np.int32)
        instance[triangle.ravel()] = np.repeat(np.concatenate([still.instance, cars.instance]), 3)
        row = np.concatenate([np.full(num_still, -1), cars.car]).astype(np.int32)
        self._pose = context.texture((3, max(len(cars.center), 1)), 4, dtype="f4")
        self._pose.filter = (moderngl.NEAREST, moderngl.NEAREST)
        buffers = [
            (context.buffer(vertex.tobytes()), "3f", "place"),
            (context.buffer(_corner_normals(vertex, triangle).tobytes()), "3f", "facing"),
            (context.buffer(row.tobytes()), "1i", "car"),
            (context.buffer(instance.tobytes()), "1i", "instance"),
        ]
        index = context.buffer(triangle.astype(np.int32).tobytes())
        size = (views.width, views.height)
        self._drawn: dict[str, Any] = {}
        for workload in self.workloads:
            head = "#version 330" + ("\n#define PICTURE" if workload == CAMERA_ALL else "")
            vertex_shader, fragment_shader = (text.replace("#version 330", head) for text in (_VERTEX, _FRAGMENT))
            program = context.program(vertex_shader=vertex_shader, fragment_shader=fragment_shader)
            values = {"eye": SENSOR, "planes": (_NEAR, _FAR), "pose": 0,
                "focal": (2.0 * views.focal / views.width, 2.0 * views.focal / views.height)}  # fmt: skip
            for name, value in values.items():
                program[name].value = value
            used = [buffer for buffer in buffers if buffer[2] in program]
            attachments = [context.texture(size, 1, dtype="u4"), context.texture(size, 1, dtype="f4")]
            if workload == CAMERA_ALL:
                attachments.append(context.texture(size, 4))
            frame = context.framebuffer(attachments, context.depth_renderbuffer(size))
            self._drawn[workload] = context.vertex_array(program, used, index, index_element_size=4), frame
        shape = (views.height, views.width)
        self._id, self._depth = np.empty(shape, np.uint32), np.empty(shape, np.float32)
        self._rgb = np.empty((*shape, 4), np.uint8)
        context.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        context.front_face = "cw"

    def run(self, workload: str, frame: int) -> None:
        """See `Subject.run`."""
        drawing, target = self._drawn[workload]
        if len(self._cars.center):
            matrices = car_matrices(self._cars, motion_of(frame, len(self._cars.center)))
            self._pose.write(np.ascontiguousarray(matrices[:, :3]).tobytes())
        self._pose.use(0)
        target.use()
        target.clear()
        drawing.render()
        target.read_into(self._id, components=1, attachment=0, dtype="u4")
        target.read_into(self._depth, components=1, attachment=1, dtype="f4")
        if workload == CAMERA_ALL:
            target.read_into(self._rgb, components=4, attachment=2)

    def found(self, workload: str) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """See `Subject.found`."""
        ids = self._id.ravel().astype(np.int32) - 1
        return np.where(ids == NOTHING, np.float32(np.inf), self._depth.ravel()), ids
