"""The acceleration of free fall, as every part of the simulation takes it."""

GRAVITY = 9.81  # [m/s²]; the accelerometers' standard unit of 9.80665 m/s² is `sensors.motion.inertial`'s
