"""Handwritten digits on paper: found in an image, normalised as in MNIST, tracked and read."""
