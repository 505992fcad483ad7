"""Train the street network that ships with the app."""
