"""What the sensors' benchmark times, by name."""

LIDAR_STATIC = "lidar_static"  # range and triangle of every beam, nothing moves
LIDAR_DYNAMIC = "lidar_dynamic"  # the same with every car moved each frame
CAMERA_IDS = "camera_ids_dynamic"  # depth and instance of every pixel, every car moved each frame
CAMERA_ALL = "camera_all_dynamic"  # every layer of a camera and its boxes, every car moved each frame
WORKLOADS = (LIDAR_STATIC, LIDAR_DYNAMIC, CAMERA_IDS, CAMERA_ALL)
