"""The machine: what it is, its state, and whether figures measured on it are valid."""

from edge_app.board.cpu_usage import read_cpu_usage
from edge_app.board.facts import board, versions
from edge_app.board.throttle import UNKNOWN
from edge_app.board.verdict import Verdict, judge

__all__ = ["UNKNOWN", "Verdict", "board", "judge", "read_cpu_usage", "versions"]
