"""Diagnosis of an int8 model: its loss against float32, layer by layer."""
