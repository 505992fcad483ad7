"""Bring every kind of model file into one form, from which the variants are made."""
