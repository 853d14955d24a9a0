"""Road files and recordings: read, continuous, replayed."""
