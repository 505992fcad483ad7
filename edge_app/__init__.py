"""Post-training quantization you can watch: the package for the device.

Importing this package loads neither OpenCV nor an inference runtime.
"""

__version__ = "0.1.0"
