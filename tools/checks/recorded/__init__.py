"""Checks of labels that read nothing but a recorded file: MCAP, JSON, Foxglove's messages and NumPy."""
