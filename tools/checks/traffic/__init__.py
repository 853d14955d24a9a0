"""Traffic and people as they are measured."""
