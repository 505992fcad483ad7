"""Hold how the page looks: light and dark, on a desk, on a phone and on paper."""

from __future__ import annotations

from edge_app.errors import EdgeError
from edge_app.paths import assets_dir
from host_tools.charts.drawing import DARK, LIGHT, Theme
from host_tools.report.markup import data_url

_FACES = {400: "IBMPlexSans-Regular.woff", 600: "IBMPlexSans-SemiBold.woff"}

_RULES = """
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 "IBM Plex Sans", system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1040px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; }
h2 { font-size: 23px; line-height: 1.25; margin: 52px 0 10px; padding-top: 16px;
  border-top: 2px solid var(--ink); }
h3 { font-size: 17px; margin: 26px 0 6px; }
h1, h2, h3, b, th { font-weight: 600; }
p { margin: 6px 0; max-width: 74ch; }
.soft, figcaption span, .note { color: var(--soft); font-size: 14px; }
a { color: inherit; }
nav a { display: inline-block; margin: 6px 18px 0 0; }
ul { margin: 6px 0 12px; padding-left: 20px; max-width: 96ch; }
li { margin: 3px 0; }
.warning { border-left: 4px solid #FF8A4C; padding: 6px 12px; margin: 8px 0; max-width: 74ch;
  background: var(--panel); }
.scroll { overflow-x: auto; margin: 12px 0; }
table { border-collapse: collapse; width: 100%; font-size: 14.5px; }
th, td { padding: 5px 9px; text-align: left; border-bottom: 1px solid var(--line);
  vertical-align: top; }
thead th { color: var(--soft); font-size: 13px; font-weight: 400; vertical-align: bottom; }
.num { text-align: right; }
td.num { white-space: nowrap; }
.machine td { padding-top: 16px; }
.facts th { width: 130px; color: var(--soft); font-weight: 400; }
.facts td { overflow-wrap: anywhere; }
.name { white-space: nowrap; }
.chip { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 8px;
  border: 1px solid rgba(128, 128, 128, .5);
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr));
  gap: 30px 40px; margin: 22px 0; align-items: start; }
figure { margin: 0; }
.chart { max-width: 460px; }
.chart img { margin-top: 8px; }
figcaption b { display: block; }
figcaption span { display: block; line-height: 1.35; }
img { display: block; width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 14px; margin: 8px 0; }
.exhibit { margin: 18px 0 34px; }
.views { display: grid; grid-template-columns: repeat(3, 1fr); gap: 6px 10px;
  margin: 4px 0 18px; }
.digit { display: grid; gap: 14px 24px; align-items: start;
  grid-template-columns: 168px repeat(auto-fit, minmax(120px, 1fr)); }
.digit .soft { display: block; }
.digit .input { width: 168px; image-rendering: pixelated; }
.digit ul { list-style: none; padding: 0; margin: 4px 0; }
footer { margin-top: 52px; border-top: 1px solid var(--line); padding-top: 12px; }
@media (max-width: 560px) {
  main { padding: 20px 16px 40px; }
  h1 { font-size: 25px; }
  h2 { font-size: 20px; }
  th, td { padding: 5px 8px; }
  td.name { position: sticky; left: 0; background: var(--ground); }
  .views { grid-template-columns: repeat(2, 1fr); }
  .views figure:first-child { grid-column: 1 / 3; }
  .facts th { width: 96px; }
}
@media print {
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2 { break-before: page; border: 0; margin-top: 0; }
  nav + section h2 { break-before: auto; }
  h2, h3, .machine { break-after: avoid; }
  figure, tr, .views, li { break-inside: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { padding: 2pt 4pt; }
  .charts { grid-template-columns: repeat(2, 1fr); gap: 14pt; }
  nav { display: none; }
}
"""


def stylesheet() -> str:
    """Return the page's CSS, typeface included."""
    return (
        f"{_typeface()}:root {{ {_variables(LIGHT)} color-scheme: light dark; }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}"
        f"{_RULES}"
    )


def _variables(theme: Theme) -> str:
    panel = "#F4F6F8" if theme is LIGHT else "#20272F"
    return (
        f"--ground: {theme.ground}; --ink: {theme.ink}; --soft: {theme.soft}; "
        f"--line: {theme.line}; --panel: {panel};"
    )


def _typeface() -> str:
    """Return the faces inlined; without the files the reader's own sans serif is taken."""
    rules = []
    for weight, file in _FACES.items():
        try:
            content = (assets_dir() / "fonts" / file).read_bytes()
        except (OSError, EdgeError):
            continue
        rules.append(
            f'@font-face {{ font-family: "IBM Plex Sans"; font-weight: {weight}; '
            f'src: url({data_url(content, "font/woff")}) format("woff"); }}\n'
        )
    return "".join(rules)
