"""Hazards: how hard they are, whether verdicts agree, and pictures of them."""
