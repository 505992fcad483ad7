"""Reading and changing .tflite files."""
