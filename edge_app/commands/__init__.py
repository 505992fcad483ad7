"""Carry out the commands of `cli`, one room each."""
