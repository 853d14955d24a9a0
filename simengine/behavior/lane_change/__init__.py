"""Changing lane: for speed or because the lane ends, past whoever is ahead and beside."""
