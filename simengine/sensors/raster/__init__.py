"""What a camera sees: the nearest triangle at every pixel, what lies there, and how much of each actor shows."""
