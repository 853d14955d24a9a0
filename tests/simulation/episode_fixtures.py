"""A small episode drawn by hand: a straight road, five actors, a painted camera, a sampled LiDAR, an IMU.

Its labels follow from the same boxes as its pixels and points, so exporters can be checked against geometry.
"""

import cv2
import numpy as np

from simengine.core.semantics import SEMANTIC_OF_KIND, Semantic, palette
from simengine.core.state import ActorKind, ActorTable, WorldState, empty_actors, empty_controls, empty_state
from simengine.labels.annotation import Annotation, Boxes2d, Boxes3d, Collision, Interval
from simengine.metrics.verdict import CriterionResult, Verdict
from simengine.road.build import build_network
from simengine.road.files.datum import local_datum, map_bounds
from simengine.road.network.drafts import CrossingDraft, LaneDraft, StopLineDraft
from simengine.road.network.network import LaneType, MarkingType, RoadNetwork
from simengine.scenario.spec import ConcreteScenario
from simengine.sensors.base.sensor import Frame
from simengine.simulation.episode.recorder import Recorder

WIDTH, HEIGHT, FOCAL = 320, 180, 160.0
PERIOD_NS = 100_000_000
# kind, position at the start, yaw, velocity, size
ACTORS = [
    (ActorKind.CAR, (0.0, 0.0, 0.75), 0.0, (10.0, 0.0, 0.0), (4.6, 1.9, 1.5)),
    (ActorKind.CAR, (18.0, 3.6, 0.75), 0.1, (8.0, 0.0, 0.0), (4.4, 1.8, 1.5)),
    (ActorKind.PEDESTRIAN, (14.0, -3.2, 0.9), 1.5, (0.0, 1.0, 0.0), (0.5, 0.6, 1.8)),
    (ActorKind.TRUCK, (34.0, 0.3, 1.6), 0.0, (7.0, 0.0, 0.0), (9.0, 2.5, 3.2)),
    (ActorKind.BICYCLE, (26.0, 3.0, 0.9), -0.3, (5.0, 0.0, 0.0), (1.8, 0.6, 1.8)),
]


def concrete(seed: int = 7, image: str = "jpeg", depth: str = "uint16", name: str = "test/drawn") -> ConcreteScenario:
    """Return a scenario with a camera, a LiDAR, an IMU and two drawn parameters."""
    mount = {"position": [1.6, 0.0, 1.4], "roll_deg": 0.0, "pitch_deg": 0.0, "yaw_deg": 0.0}
    clocked = {"mount": mount, "rate_hz": 10.0, "phase": 0.0}
    return ConcreteScenario.model_validate({
        "schema_version": 2, "seed": seed,
        "scenario": {
            "name": name, "tests": "Whether drawn episodes survive.", "tags": ["test"], "duration": 1.0,
            "parameters": {}, "actors": {}, "events": {}, "goal": {"traveled": 0.0, "exit": "any"},
        },
        "road": {
            "kind": "street", "length": 400.0, "curvature": 0.0, "lanes_forward": 2, "lanes_backward": 1,
            "lane_width": 3.6, "shoulder_width": 0.0, "pavement_width": 0.0, "parking_width": 0.0,
            "parked_fraction": 0.0, "crossing_spacing": 0.0, "speed_limit": 13.9, "grade": 0.0, "ring": False,
            "scenery": "none",
        },
        "datum": {"latitude_deg": 57.7, "longitude_deg": 12.0, "height": 0.0},
        "surface": {"dry": 0.9, "dry_sliding": 0.75, "wet": 0.6, "wet_sliding": 0.5},
        "traffic": {
            "kind": "none", "density": 0.0, "max_vehicles": 0, "radius": 300.0, "inflow": 0.0,
            "mix": {"car": 1.0}, "reactive": False,
            "drivers": {
                "desired_speed": 1.0, "desired_speed_std": 0.0, "time_gap": 1.5, "time_gap_std": 0.0, "politeness": 0.3,
                "time_gap_shape": "normal", "min_gap": 1.0, "max_acceleration": 1.0, "comfortable_deceleration": 1.0,
                "temper_std": 0.1, "lane_change_threshold": 0.1, "lane_change_bias": 0.3, "noise": 0.0,
                "noise_time": 5.0,
            },
            "driver_kinds": dict.fromkeys(("car", "truck", "bus", "motorcycle", "bicycle"), {
                "max_acceleration": 1.8, "comfortable_deceleration": 2.0, "lateral_comfort": 2.2, "desired_speed": 1.0,
                "time_gap": 1.0, "min_gap": 2.0, "cruising_speed": None,
            }),
        },
        "pedestrians": {
            "density": 0.0, "max_people": 0, "crossing_fraction": 0.0, "group_share": 0.0, "group_spacing": 0.8,
            "group_slowing": 0.04, "standing_share": 0.0, "waiting_share": 0.0,
        },
        "weather": {
            "rain_rate": 0.0, "snow_rate": 0.0, "optical_range": 120.0 + seed, "sun_elevation_deg": 30.0,
            "sun_azimuth_deg": 0.0, "cloud": 0.0, "wetness": 0.0, "snow_cover": 0.0, "ice": 0.0, "temperature": 15.0,
            "wind_speed": 0.0, "wind_direction_deg": 0.0, "street_lights": 0.0,
        },
        "ego": {
            "kind": "car", "model": "sedan", "driver": "idm", "lane": 0, "position": 0.0, "speed": 10.0,
            "desired_speed": 14.0, "time_gap": 1.5, "reaction_time": 0.5, "recorded_id": "", "problem": "",
        },
        "sensors": {
            "camera_front": {
                "kind": "camera", **clocked, "width": WIDTH, "height": HEIGHT, "horizontal_fov_deg": 90.0,
                "exposure_bias": 0.0, "noise": False,
            },
            "lidar_top": {
                "kind": "lidar", **clocked, "channels": 16, "columns": 64, "lowest_deg": -20.0, "highest_deg": 10.0,
                "max_range": 80.0, "noise_std": 0.0,
            },
            "imu": {
                "kind": "imu", **clocked, "gyro_noise": 0.0, "gyro_walk": 0.0, "accelerometer_noise": 0.0,
                "accelerometer_walk": 0.0,
            },
        },
        "physics": {
            "backend": "batched", "rate_hz": 120, "control_rate_hz": 20, "model": "kinematic", "hold_after": 0.0,
        },
        "recorder": {"image": image, "jpeg_quality": 95, "depth": depth, "video": False, "preview_episodes": 1},
        "criteria": {"no_collision": {"kind": "no_collision", "min_impulse": 0.0, "at_fault_only": True}},
        "sampled": {"weather.optical_range": 120.0 + seed, "ego.speed": 10.0},
        "inputs": {},
    })  # fmt: skip


def network() -> RoadNetwork:
    """Return a straight road along x: two lanes on, one back, a pavement, a crossing and a stop line."""
    x = np.linspace(-50.0, 350.0, 41)

    def lane(name: str, y: float, lane_type: LaneType, back: bool = False, width: float = 3.6) -> LaneDraft:
        points = np.stack([x, np.full(41, y), np.zeros(41)], axis=1)
        return LaneDraft(
            name,
            points[::-1].copy() if back else points,
            np.full(41, width),
            np.zeros(41),
            lane_type,
            marking_left=MarkingType.BROKEN,
            marking_right=MarkingType.SOLID,
        )

    lanes = [
        lane("right", 0.0, LaneType.DRIVING),
        lane("left", 3.6, LaneType.DRIVING),
        lane("back", 7.2, LaneType.DRIVING, back=True),
        lane("pavement", -3.3, LaneType.PAVEMENT, width=3.0),
    ]
    crossing = CrossingDraft((14.0, -1.8, 0.0), (14.0, 9.0, 0.0), 4.0)
    network = build_network(lanes, stop_lines=[StopLineDraft("right", 61.0)], crossings=[crossing])
    return network._replace(datum=local_datum(57.7, 12.0, 3.0, map_bounds(network.point_position)))


def actors() -> ActorTable:
    """Return the table of the drawn actors."""
    table = empty_actors(1, len(ACTORS))
    for a, (kind, _, _, _, size) in enumerate(ACTORS):
        table.kind[0, a] = kind
        table.present[0, a] = True
        table.length[0, a], table.width[0, a], table.height[0, a] = size
    return table


def state_at(tick: int, time: float) -> WorldState:
    """Return the drawn actors after a time [s]; the last one leaves the world after 0.3 s."""
    state = empty_state(1, len(ACTORS))
    state.tick[0] = tick
    for a, (_, position, yaw, velocity, _) in enumerate(ACTORS):
        state.valid[0, a] = a < len(ACTORS) - 1 or time < 0.35
        state.position[0, a] = np.array(position) + time * np.array(velocity)
        state.orientation[0, a] = [np.cos(0.5 * yaw), 0.0, 0.0, np.sin(0.5 * yaw)]
        state.velocity[0, a] = velocity
    return state


def corners(position: np.ndarray, orientation: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the eight corners of a box that is turned about z. Shape (8, 3)."""
    yaw = 2.0 * np.arctan2(orientation[3], orientation[0])
    signs = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    local = signs * size
    c, s = np.cos(yaw), np.sin(yaw)
    turned = np.stack([local[:, 0] * c - local[:, 1] * s, local[:, 0] * s + local[:, 1] * c, local[:, 2]], axis=1)
    return turned + position


def pose_at(state: WorldState, height: float) -> np.ndarray:
    """Return a sensor's pose above the ego's front, looking ahead."""
    pose = np.eye(4)
    pose[:3, 3] = state.position[0, 0] + [1.6, 0.0, height - 0.75]
    return pose


def project(points: np.ndarray, pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels and depths of world points in a camera that looks along its x axis."""
    local = points - pose[:3, 3]
    depth = local[:, 0]
    pixels = np.stack([-local[:, 1] / depth, -local[:, 2] / depth], axis=1) * FOCAL + [WIDTH / 2, HEIGHT / 2]
    return pixels, depth


def boxes_3d(state: WorldState, pose: np.ndarray, pixels: np.ndarray, hits: np.ndarray) -> Boxes3d:
    """Return the boxes of all actors in the world."""
    present = np.flatnonzero(state.valid[0])
    size = np.array([ACTORS[a][4] for a in present])
    offset = state.position[0, present] - pose[:3, 3]
    semantic = np.array([SEMANTIC_OF_KIND[ACTORS[a][0]] for a in present], np.uint8)
    zeros = np.zeros(len(present), np.int32)
    return Boxes3d(
        (present + 1).astype(np.int32),
        semantic,
        state.position[0, present],
        state.orientation[0, present],
        size,
        state.velocity[0, present],
        np.sqrt((offset**2).sum(axis=1)),
        pixels[present].astype(np.int32) if len(pixels) else zeros,
        hits[present].astype(np.int32) if len(hits) else zeros,
        hits[present].astype(np.int32) if len(hits) else zeros,
        np.full(len(present), 0.9),
    )


def camera_frame(index: int, time_ns: int, state: WorldState) -> tuple[Frame, Annotation]:
    """Paint the actors' boxes, farthest first, and label what is seen."""
    pose = pose_at(state, 1.4)
    rgb = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    rgb[: HEIGHT // 2] = (150, 180, 210)
    rgb[HEIGHT // 2 :] = (95, 95, 98)
    semantic = np.full((HEIGHT, WIDTH), Semantic.SKY, np.uint8)
    semantic[HEIGHT // 2 :] = Semantic.ROAD
    instance = np.zeros((HEIGHT, WIDTH), np.uint16)
    depth = np.zeros((HEIGHT, WIDTH), np.float32)
    rows = np.arange(HEIGHT // 2, HEIGHT) + 0.5 - HEIGHT / 2
    depth[HEIGHT // 2 :] = (1.4 * FOCAL / rows)[:, None]
    order = sorted(range(1, len(ACTORS)), key=lambda a: -state.position[0, a, 0])
    amodal_masks, hulls = {}, {}
    for a in order:
        if not state.valid[0, a]:
            continue
        size = np.array(ACTORS[a][4])
        pixels, depths = project(corners(state.position[0, a], state.orientation[0, a], size), pose)
        hull = cv2.convexHull(pixels.astype(np.float32))[:, 0]
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.fillConvexPoly(mask, np.round(hull * 16 - 8).astype(np.int32), 1, shift=4)
        inside = mask.astype(bool)
        amodal_masks[a], hulls[a] = inside, hull
        kind = ACTORS[a][0]
        semantic[inside], instance[inside], depth[inside] = SEMANTIC_OF_KIND[kind], a + 1, depths.min()
        rgb[inside] = np.minimum(palette()[SEMANTIC_OF_KIND[kind]].astype(int) + 60 + 10 * a, 255)
    seen = np.array([np.count_nonzero(instance == a + 1) for a in range(len(ACTORS))])
    boxes = []
    for a in sorted(hulls):
        mask, hull = instance == a + 1, hulls[a]
        unclipped = np.array([*hull.min(axis=0), *hull.max(axis=0)], np.float32)
        amodal = np.clip(unclipped, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT]).astype(np.float32)
        ys, xs = np.nonzero(mask)
        visible = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1] if len(xs) else [0, 0, 0, 0]
        amodal_pixels = int(amodal_masks[a].sum())
        area = np.prod(unclipped[2:] - unclipped[:2])
        boxes.append(
            (
                a + 1,
                SEMANTIC_OF_KIND[ACTORS[a][0]],
                visible,
                amodal,
                unclipped,
                len(xs),
                amodal_pixels,
                1.0 - len(xs) / max(amodal_pixels, 1),
                1.0 - np.prod(amodal[2:] - amodal[:2]) / area,
                0,
                float(np.sqrt(((state.position[0, a] - pose[:3, 3]) ** 2).sum())),
            )
        )
    types = (np.int32, np.uint8, *[np.float32] * 3, *[np.int32] * 2, *[np.float32] * 2, np.int32, np.float64)
    boxes_2d = Boxes2d(*(np.array(c, t) for c, t in zip(zip(*boxes, strict=True), types, strict=True)))
    intrinsics = np.array([[FOCAL, 0.0, WIDTH / 2], [0.0, FOCAL, HEIGHT / 2], [0.0, 0.0, 1.0]])
    channels = {"rgb": rgb, "depth": depth, "semantic": semantic, "instance": instance, "intrinsics": intrinsics}
    frame = Frame("camera_front", index, time_ns, pose, channels)
    labels = Annotation("camera_front", index, time_ns, boxes_3d(state, pose, seen, np.zeros(0)), boxes_2d)
    return frame, labels


def lidar_frame(index: int, time_ns: int, state: WorldState) -> tuple[Frame, Annotation]:
    """Sample points on the sides of the actors' boxes and on the ground, in the sensor's frame."""
    pose = pose_at(state, 1.9)
    random = np.random.default_rng(index)
    points, instance, semantic = [], [], []
    for a in range(1, len(ACTORS)):
        if not state.valid[0, a]:
            continue
        local = random.uniform(-0.5, 0.5, (60, 3))
        local[np.arange(60), random.integers(0, 2, 60)] = random.choice([-0.5, 0.5], 60)
        yaw, size = ACTORS[a][2], np.array(ACTORS[a][4])
        local *= size
        c, s = np.cos(yaw), np.sin(yaw)
        points.append(
            np.stack([local[:, 0] * c - local[:, 1] * s, local[:, 0] * s + local[:, 1] * c, local[:, 2]], axis=1)
            + state.position[0, a]
        )
        instance += [a + 1] * 60
        semantic += [SEMANTIC_OF_KIND[ACTORS[a][0]]] * 60
    ground = np.stack([random.uniform(-20, 50, 400), random.uniform(-8, 12, 400), np.zeros(400)], axis=1)
    ground += [state.position[0, 0, 0], 0, 0]
    points = np.concatenate([*points, ground]) - pose[:3, 3]
    instance, semantic = instance + [0] * 400, semantic + [Semantic.ROAD] * 400
    n = len(points)
    channels = {
        "points": points.astype(np.float32),
        "intensity": random.random(n, np.float32),
        "instance": np.array(instance, np.uint16),
        "semantic": np.array(semantic, np.uint8),
        "ring": random.integers(0, 16, n).astype(np.uint16),
        "time_ns": time_ns - np.linspace(PERIOD_NS, 0, n).astype(np.int64),
        "range": np.sqrt((points**2).sum(axis=1)).astype(np.float32),
    }
    hits = np.bincount(np.array(instance), minlength=len(ACTORS) + 1)[1:]
    frame = Frame("lidar_top", index, time_ns, pose, channels)
    return frame, Annotation("lidar_top", index, time_ns, boxes_3d(state, pose, np.zeros(0), hits), None)


def imu_frame(index: int, time_ns: int, state: WorldState) -> Frame:
    """Return a capture of short channels, one with a value that JSON cannot carry."""
    force = np.array([0.1 * index, 1.0 / 3.0, 9.81])
    rate = np.array([0.0, np.inf if index == 2 else 0.0, 1e-7])
    return Frame("imu", index, time_ns, pose_at(state, 0.6), {"specific_force": force, "angular_velocity": rate})


VERDICT = Verdict(
    (
        CriterionResult("speed_limit", True, -1, (), 0.0, ""),
        CriterionResult("no_collision", False, 320_000_000, (0, 3), 812.0, "812 N s", ("crate (cargo)",)),
        CriterionResult("red_light", None, -1, (), None, "no signals"),
    )
)
COLLISION = Collision(320_000_000, 360_000_000, 0, 3, (12.5, 0.4, 0.8), 812.0, 3.5)
INTERVAL = Interval("hazard:braking", 3, 100_000_000, 200_000_000, 400_000_000)
METRICS = {"min_ttc": 0.75, "distance": 4.5, "max_deceleration": float("inf"), "lane_changes": 0}


def record(recorder: Recorder, num_frames: int = 5, finish: bool = True) -> str:
    """Play the drawn episode into a recorder and return its digest."""
    controls = empty_controls(1, len(ACTORS))
    for k in range(num_frames):
        time_ns = k * PERIOD_NS
        state = state_at(12 * k, time_ns / 1e9)
        recorder.append_state(time_ns, state, controls)
        recorder.append_frame(*camera_frame(k, time_ns, state))
        recorder.append_frame(*lidar_frame(k, time_ns, state))
        recorder.append_frame(imu_frame(k, time_ns, state), None)
    return recorder.finish(VERDICT, [COLLISION], [INTERVAL], METRICS) if finish else ""
