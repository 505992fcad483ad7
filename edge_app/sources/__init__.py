"""Deliver frames, with their truth where there is some."""
