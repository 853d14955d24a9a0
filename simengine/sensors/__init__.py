"""Floor 2: what can be measured of it."""
