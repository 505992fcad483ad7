"""Measuring variants, explaining and writing the figures, and comparing them."""
