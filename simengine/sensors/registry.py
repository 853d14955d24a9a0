"""From specs to sensors: the built-in kinds, and those of installed packages.

A package adds a kind by an entry point of the group `simengine.sensors`: its name is the kind, its value a callable
`(name, spec, scene, seed) -> Sensor`, where `spec` holds the settings of the YAML as attributes.
"""

from collections.abc import Mapping

from simengine.core.errors import ConfigError
from simengine.core.plugins import check_part, make_part
from simengine.scenario.spec import CameraSpec, ExtensionSpec, GnssSpec, ImuSpec, LidarSpec, OdometrySpec, SensorSpec
from simengine.scenario.spec.sensors import SENSOR_KINDS
from simengine.sensors.base.sensor import Scene, Sensor
from simengine.sensors.camera.camera import CameraSensor
from simengine.sensors.lidar.lidar import LidarSensor
from simengine.sensors.motion.gnss import GnssSensor
from simengine.sensors.motion.inertial import ImuSensor
from simengine.sensors.motion.odometry import OdometrySensor
from simengine.sensors.scene.scene_arrays import SceneArrays, flatten_scene


def make_sensor(name: str, spec: SensorSpec, scene: Scene, seed: int, arrays: SceneArrays | None = None) -> Sensor:
    """Build a sensor from its spec.

    Args:
        name: Of the sensor in the rig.
        spec: Its settings.
        scene: What can be seen, and the ego that carries it.
        seed: Of the episode.
        arrays: The scene flattened; cameras and LiDARs flatten it themselves where it is not given.

    Raises:
        ConfigError: The kind is unknown.
    """
    match spec:
        case CameraSpec():
            return CameraSensor(name, spec, scene, flatten_scene(scene) if arrays is None else arrays, seed)
        case LidarSpec():
            return LidarSensor(name, spec, scene, flatten_scene(scene) if arrays is None else arrays, seed)
        case ImuSpec():
            return ImuSensor(name, spec, scene, seed)
        case GnssSpec():
            return GnssSensor(name, spec, scene, seed)
        case OdometrySpec():
            return OdometrySensor(name, spec, scene)
        case ExtensionSpec():
            key = f"sensors.{name}.kind"
            check_part("sensor", key, spec.kind, SENSOR_KINDS)
            sensor = make_part("sensor", key, spec.kind, {}, name, spec, scene, seed)
            if not isinstance(sensor, Sensor):
                raise ConfigError(f"{key} = {spec.kind}: the package made no simengine Sensor")
            return sensor


def make_sensors(
    specs: Mapping[str, SensorSpec], scene: Scene, seed: int, arrays: SceneArrays | None = None
) -> dict[str, Sensor]:
    """Build a rig; cameras and LiDARs share one flattened scene.

    Args:
        specs: Settings by name.
        scene: What can be seen, and the ego that carries the rig.
        seed: Of the episode.
        arrays: The scene flattened; flattened here where it is not given.

    Raises:
        ConfigError: A kind is unknown.
    """
    if arrays is None and any(isinstance(spec, CameraSpec | LidarSpec) for spec in specs.values()):
        arrays = flatten_scene(scene)
    return {name: make_sensor(name, spec, scene, seed, arrays) for name, spec in specs.items()}
