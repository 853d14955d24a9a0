"""The acceleration of free fall: as every part of the simulation takes it, and as the unit of accelerometers."""

GRAVITY = 9.81  # [m/s²]
STANDARD_GRAVITY = 9.80665  # what accelerometers are calibrated to (CGPM 1901) [m/s²]
