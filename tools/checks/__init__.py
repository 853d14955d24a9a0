"""What `tools/check.py` measures, one subject per file."""
