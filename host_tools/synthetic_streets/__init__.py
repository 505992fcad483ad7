"""Procedural streets with exact labels: synthetic pictures to train on and to show."""

WEATHERS = ("noon", "overcast", "dusk", "rain")
