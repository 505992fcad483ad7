"""The machine: what it is, its state, and whether figures measured on it are valid."""

from edge_app.board.facts import board, versions
from edge_app.board.throttle import UNKNOWN
from edge_app.board.verdict import Verdict, judge
from edge_app.board.watch import BoardWatch, WatchedBoard

__all__ = ["UNKNOWN", "BoardWatch", "Verdict", "WatchedBoard", "board", "judge", "versions"]
