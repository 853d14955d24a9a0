"""Signals with their programmes, signs, stop lines and crossings."""
