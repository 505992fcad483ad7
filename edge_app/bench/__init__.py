"""Measure variants, put the figures into words and files, and compare them."""
