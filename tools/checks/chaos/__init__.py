"""Disturb `simengine generate` at drawn moments and hold what it makes in the end against an undisturbed run."""
