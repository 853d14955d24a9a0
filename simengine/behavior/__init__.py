"""Floor 2: who wants what: traffic, pedestrians, replay, scripted hazards."""
