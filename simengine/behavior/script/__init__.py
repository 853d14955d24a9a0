"""Scripted hazards: events with their triggers and actions, and how scripted actors move."""
