"""A long run of edge-app under everything at once, and whether it keeps anything."""
