"""Class maps at display size: exact for scores, approximate for the live view."""
