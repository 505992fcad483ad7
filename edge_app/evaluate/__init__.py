"""Scoring whole data sets: exact counts that add up, on one machine or many."""
