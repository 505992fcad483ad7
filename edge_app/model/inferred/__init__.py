"""Working out what a .tflite file without a card is: from the file, and from a trial run."""
