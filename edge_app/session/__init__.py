"""One `edge-app run` from its options to its exit."""
