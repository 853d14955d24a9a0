"""Signals with their programs, signs, stop lines and crossings."""
