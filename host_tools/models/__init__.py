"""Readers of Keras, SavedModel, frozen graph and .tflite files."""
