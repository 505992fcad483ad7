"""Sources of frames, and the truth of their frames."""
