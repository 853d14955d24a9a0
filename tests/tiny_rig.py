"""Settings that several tests share."""

# The smallest rig that still has every kind of sensor, for half a second.
TINY = (
    "traffic=none",
    "scenario.duration=0.5",
    "sensors=small",
    "sensors.camera_front.width=64",
    "sensors.camera_front.height=36",
    "sensors.lidar_top.channels=8",
    "sensors.lidar_top.columns=128",
)
