"""Score whole data sets: exactly, in parts that add up, on one machine or on many."""
