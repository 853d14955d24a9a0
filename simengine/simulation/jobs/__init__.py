"""Many episodes: generated, continued, run again, verified."""
