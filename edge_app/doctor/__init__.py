"""Examine the machine the app runs on: what works, what does not, and what mends it.

Nothing here loads numpy, OpenCV or a runtime: children do, so that the broken ones are told.
"""
