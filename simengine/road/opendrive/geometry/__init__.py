"""Curves of reference lines and the lateral shape, exact in arc length."""
