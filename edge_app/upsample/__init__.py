"""Class maps at display size: exact for scoring, quick for the live view."""
