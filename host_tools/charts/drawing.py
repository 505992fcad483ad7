"""Charts as PNG: theme, typeface, axes and legend."""

from __future__ import annotations

import atexit
import io
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image as Pillow

from edge_app.errors import EdgeError
from edge_app.paths import assets_dir
from edge_app.python_environment import this_environment
from edge_app.style import STAGE_COLOURS, spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN = 4.4  # 440 CSS pixels: two side by side on a desk, one on a phone, legible on both
_DPI = 200
_STYLE = Path(__file__).with_name("charts.mplstyle")
_WIDEST = 46  # characters of a heading
_FALLBACK = "DejaVu Sans"  # comes with matplotlib
TYPEFACE_FILES = ("IBMPlexSans-Regular.woff", "IBMPlexSans-SemiBold.woff")


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of a page: background, text, secondary text, lines and panels."""

    name: str
    ground: str
    ink: str
    soft: str
    line: str
    panel: str


LIGHT = Theme("light", "#FFFFFF", "#1B232B", "#56616D", "#D9DEE4", "#F4F6F8")
DARK = Theme("dark", "#161B21", "#EDF1F5", "#A3AFBC", "#343D47", "#20272F")


@cache
def typefaces() -> tuple[str, str]:
    """Register the regular and the bold face with matplotlib; return their names there.

    The faces ship as WOFF, which matplotlib cannot read ("broken table"); fontTools, on which
    it depends, converts them to OpenType. Without the files this is matplotlib's own face.
    """
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
    from matplotlib import font_manager

    names = []
    folder = Path(tempfile.mkdtemp(prefix="edge-quant-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        for file in TYPEFACE_FILES:
            path = (folder / file).with_suffix(".otf")
            font = TTFont(assets_dir() / "fonts" / file)
            font.flavor = None
            font.save(path)
            font_manager.fontManager.addfont(path)
            names.append(font_manager.fontManager.ttflist[-1].name)
    except (EdgeError, OSError, RuntimeError):
        return _FALLBACK, _FALLBACK
    return names[0], names[1]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart for the page: its file name, title and note, and how to render it as PNG."""

    name: str
    title: str
    note: str
    render: Callable[[Theme], bytes]


def check_matplotlib() -> None:
    """Raise EdgeError if matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise EdgeError(
            "charts are drawn with matplotlib, which is not installed; "
            f"run: {this_environment().install('matplotlib')}"
        ) from None


def png(draw: Callable[[Axes, Theme], None], height_in: float, theme: Theme) -> bytes:
    """Return a chart of one pair of axes as PNG, WIDTH_IN wide."""
    return render_figure(
        lambda figure, theme: draw(figure.add_subplot(), theme), (WIDTH_IN, height_in), theme
    )


def render_figure(
    draw: Callable[[Figure, Theme], None], size_in: tuple[float, float], theme: Theme
) -> bytes:
    """Draw into an empty figure of a width and height in inches; return it as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with _style(theme):
        figure: Figure = Figure(figsize=size_in, dpi=_DPI, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        figure.get_layout_engine().set(w_pad=0.04, h_pad=0.06)  # type: ignore[union-attr, call-arg]
        draw(figure, theme)
        canvas.draw()  # type: ignore[no-untyped-call]
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    image = Pillow.frombuffer("RGBA", canvas.get_width_height(), pixels).convert("RGB")
    return _with_palette(image, theme)


def _with_palette(image: Pillow.Image, theme: Theme) -> bytes:
    """Return a PNG of at most 128 colours, a third of the bytes of one in full colour."""
    few = image.quantize(128, Pillow.Quantize.FASTOCTREE, dither=Pillow.Dither.NONE)
    # The octree misses the background by one step, which would show against the page.
    palette, ground = few.getpalette() or [], few.getpixel((0, 0))
    if isinstance(ground, int):
        palette[3 * ground : 3 * ground + 3] = bytes.fromhex(theme.ground.removeprefix("#"))
    few.putpalette(palette)
    out = io.BytesIO()
    few.save(out, format="png")
    return out.getvalue()


def log_axis(axes: Axes, low: float, high: float) -> None:
    """Make the x axis logarithmic from `low` to `high`, with plain numbers as labels."""
    from matplotlib.ticker import LogLocator, NullLocator

    axes.set_xscale("log")
    axes.set_xlim(low, high)
    subs = (1.0, 2.0, 5.0) if high / low < 40 else (1.0,)
    axes.xaxis.set_major_locator(LogLocator(subs=subs, numticks=6))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: _tick(value))


def _tick(value: float) -> str:
    """Format a number of an axis: 0.01, 500, 20k, 1M."""
    if value >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if value >= 1e4 else f"{value:,.10g}"


def shortened(text: str) -> str:
    """Cut a name that is wider than a chart; the page's table has it in full."""
    cut = f"{text[: _WIDEST - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"
    return cut if len(text) > _WIDEST else text


def bold(theme: Theme) -> dict[str, Any]:
    """Return the text properties of headings within a chart."""
    return {"fontfamily": [typefaces()[1], _FALLBACK], "color": theme.ink}


def _style(theme: Theme) -> AbstractContextManager[None]:
    from matplotlib import style

    colours = {
        "font.family": [typefaces()[0], _FALLBACK],
        "axes.labelcolor": theme.soft,
        "ytick.labelcolor": theme.ink,
        "text.color": theme.ink,
    }
    for colour, names in (
        (theme.ground, ("figure.facecolor", "savefig.facecolor", "axes.facecolor")),
        (theme.line, ("axes.edgecolor", "grid.color")),
        (theme.soft, ("xtick.color", "ytick.color", "xtick.labelcolor")),
    ):
        colours |= dict.fromkeys(names, colour)
    return style.context([_STYLE, colours])


def legend(axes: Axes, colours: Mapping[str, str], shape: str) -> None:
    """Add a legend of named colours below the chart, after the labelled lines of the axes."""
    for name, colour in colours.items():
        label = spaced(name) if name in STAGE_COLOURS else name
        axes.plot([], [], shape, color=colour, label=label, markersize=7)
    handles, names = axes.get_legend_handles_labels()
    axes.figure.legend(
        handles,
        names,
        loc="outside lower left",
        ncols=1 if max(map(len, names)) > 22 else min(5, len(names)),
        handletextpad=0.2,
        columnspacing=0.8,
        borderaxespad=0.3,
    )
