"""Drivers like those of a recording: measured against it, fitted to it, written as a preset of `traffic`."""
