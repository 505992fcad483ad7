"""Draw what a person looks at: frame, classes and figures on one canvas."""

from edge_app.overlay.overlay import Overlay

__all__ = ["Overlay"]
