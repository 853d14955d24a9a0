"""Mechanics that every part of the simulation takes alike: free fall, and the inertia of turning wheels."""

GRAVITY = 9.81  # [m/s²]
STANDARD_GRAVITY = 9.80665  # what accelerometers are calibrated to (CGPM 1901) [m/s²]
WHEEL_INERTIA = 0.0131  # of each of a vehicle's four wheels about its axle, over m r²
ROTATING = 1.0 + 4.0 * WHEEL_INERTIA  # what a force along a rolling vehicle has to move, over its mass
