"""Conversion of one model into verified TFLite variants."""
