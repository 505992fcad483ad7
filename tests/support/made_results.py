"""Make result files as edge-app writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SIZES = {"float32": 8_000_000, "float16": 4_000_000, "dynamic_range": 2_400_000, "int8": 2_500_000}
INVOKE_MS = {"float32": 50.0, "float16": 50.5, "dynamic_range": 80.0, "int8": 20.0}
MIOU = {"float32": 0.813, "float16": 0.813, "dynamic_range": 0.812, "int8": 0.810}


def latency(p50_ms: float) -> dict[str, Any]:
    """Return a latency record around a median."""
    return {
        "n": 30,
        "mean_ms": p50_ms * 1.1,
        "p50_ms": p50_ms,
        "p90_ms": p50_ms * 1.2,
        "p95_ms": p50_ms * 1.3,
        "p99_ms": p50_ms * 1.4,
        "max_ms": p50_ms * 1.5,
    }


def stages(invoke_ms: float, overlay_ms: float = 3.0) -> dict[str, Any]:
    """Return the stages of a line around the time of its network."""
    return {
        "capture": latency(2.0),
        "prepare": latency(0.5),
        "invoke": latency(invoke_ms),
        "decode": latency(0.3),
        "overlay": latency(overlay_ms),
        "end_to_end": latency(3 * invoke_ms),
    }


def board(**more: Any) -> dict[str, Any]:
    """Return what is told of a board."""
    return {
        "model": "Raspberry Pi 5 Model B Rev 1.0",
        "machine": "aarch64",
        "cores": 4,
        "cpu_features": ["asimd", "asimddp"],
        "memory_mb": 8063,
        "governor": "ondemand",
        "temperature_c": 50.0,
        "throttled": "0x0",
        "load_1m": 0.2,
        "os": "Debian GNU/Linux 12 (bookworm)",
        "kernel": "6.6.31",
        **more,
    }


def bench(variants: tuple[str, ...] = tuple(SIZES), **more: Any) -> dict[str, Any]:
    """Return a bench's result."""
    return {
        "schema": 1,
        "model": "street",
        "source": "drive.mp4",
        "variants": [
            {
                "variant": name,
                "bytes": SIZES[name],
                "runtime": "LiteRT 2.3.0",
                "threads": 4,
                "delegation": "XNNPACK took all",
                "init_ms": 12.0,
                "first_ms": 60.0,
                "warmup": latency(INVOKE_MS[name]),
                "invoke_only": latency(INVOKE_MS[name]),
                "invoke_only_fps": 1000 / INVOKE_MS[name],
                "end_to_end_fps": 900 / INVOKE_MS[name],
                "ratio": 0.9,
                "stages": stages(INVOKE_MS[name]),
                "peak_rss_mb": 120.5,
                "complete": True,
            }
            for name in variants
        ],
        "board": {"before": board(), "after": board(temperature_c=61.5)},
        "versions": {"python": "3.11.7", "ai-edge-litert": "2.3.0"},
        "status": "complete",
        **more,
    }


def summary(variant: str = "int8", **more: Any) -> dict[str, Any]:
    """Return a run's summary, scored and not drawn."""
    return {
        "frames": 101,
        "task": "segmentation",
        "model": "street",
        "variant": variant,
        "bytes": SIZES[variant],
        "runtime": "litert",
        "threads": 4,
        "fps": {"source": None, "network": 1000 / INVOKE_MS[variant], "shown": 15.0},
        "stages": stages(INVOKE_MS[variant], overlay_ms=0.0),
        "quality": {
            "frames": 101,
            "pixel_accuracy": 0.96,
            "miou": MIOU[variant],
            "per_class": {"road": 0.97, "pole": MIOU[variant] - 0.4, "train": None},
            "top1": None,
        },
        "source": "val",
        "board": board(),
        "versions": {"python": "3.11.7", "ai-edge-litert": "2.3.0"},
        "status": "complete",
        "reason": None,
        **more,
    }


def write(path: Path, content: Any) -> Path:
    """Write JSON and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
    return path
