"""The LiDAR: beams into triangles, echoes of surfaces and air, and what the receiver makes of them."""
