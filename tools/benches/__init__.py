"""What `tools/bench.py` measures, one subject per file."""
