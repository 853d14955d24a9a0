"""Sensors of the own motion: inertial unit, satellite receiver, wheel odometry."""
