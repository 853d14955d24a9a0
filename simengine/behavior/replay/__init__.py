"""Recorded traffic: what a recording says of an actor, and when it leaves it."""
