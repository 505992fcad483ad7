"""The canvas that viewers see: frame, classes, boxes and figures."""

from edge_app.overlay.overlay import Overlay

__all__ = ["Overlay"]
