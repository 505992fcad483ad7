"""Checks of the machine: what works, what does not, and the command that fixes it.

Nothing here loads numpy, OpenCV or a runtime: child processes do, so that broken ones are
reported.
"""
