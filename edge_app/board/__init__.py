"""The machine: what it is, its state, and whether figures measured on it are valid."""

from edge_app.board.cpu_usage import CpuUsage, read_cpu_usage
from edge_app.board.facts import board, board_slug, peak_rss_mb, reset_peak_rss, versions
from edge_app.board.throttle import UNKNOWN
from edge_app.board.verdict import HOT_C, Verdict, judge

__all__ = [
    "HOT_C",
    "UNKNOWN",
    "CpuUsage",
    "Verdict",
    "board",
    "board_slug",
    "judge",
    "peak_rss_mb",
    "read_cpu_usage",
    "reset_peak_rss",
    "versions",
]
