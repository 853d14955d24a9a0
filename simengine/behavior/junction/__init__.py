"""Junctions: who goes first, who waits where, and the way through."""
