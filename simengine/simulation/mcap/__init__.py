"""Episodes as MCAP files: written, read, and checked whether they are as they were written."""
