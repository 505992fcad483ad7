"""Conversion of one network into proven TFLite variants."""
