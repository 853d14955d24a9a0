"""Floor 1: road networks as flat arrays, made by procedure or read from files."""
