"""Bytes: files that are complete or absent, checked values, encodings, checksums and digests."""
