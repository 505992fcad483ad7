"""Receive finished frames: window, recorder, metrics log, terminal."""
