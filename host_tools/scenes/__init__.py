"""Procedural streets with exact labels: synthetic pictures to train and to show."""
