"""Training of the digit network."""
