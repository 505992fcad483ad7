"""Procedural streets with exact labels: synthetic images to train on and to show."""

WEATHERS = ("noon", "overcast", "dusk", "rain")
