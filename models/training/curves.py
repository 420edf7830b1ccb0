"""A run's curves as an SVG: loss, Dice, and false positive pixels over minutes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

Marks = Sequence[dict[str, float]]

WIDTH, HEIGHT, LEFT, TOP = 560, 150, 60, 24
LINES = (("dice", "Dice of slices with a lesion"), ("false_pixels", "false positive pixels a slice"), ("loss", "loss"))


def write_curves(history: Marks, file: Path) -> None:
    """Write one panel a figure, one point a checkpoint."""
    panels = [_panel(history, name, title, n * (HEIGHT + 56)) for n, (name, title) in enumerate(LINES)]
    height = len(LINES) * (HEIGHT + 56) + TOP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH + LEFT + 30}" height="{height}"'
    file.write_text(f'{head} font-family="sans-serif" font-size="12">\n' + "\n".join(panels) + "\n</svg>\n")


def _panel(history: Marks, name: str, title: str, down: int) -> str:
    points = [(mark["minutes"], mark[name]) for mark in history if name in mark]
    if not points:
        return ""
    last, most = max(x for x, _ in points) or 1.0, max(y for _, y in points) or 1.0
    places = " ".join(f"{LEFT + x / last * WIDTH:.1f},{TOP + HEIGHT * (1 - y / most):.1f}" for x, y in points)
    return (
        f'<g transform="translate(0 {down})"><text x="{LEFT}" y="14">{title}</text>'
        f'<text x="{LEFT - 6}" y="{TOP + 8}" text-anchor="end">{most:.3g}</text>'
        f'<text x="{LEFT - 6}" y="{TOP + HEIGHT}" text-anchor="end">0</text>'
        f'<text x="{LEFT + WIDTH}" y="{TOP + HEIGHT + 16}" text-anchor="end">{last:.0f} min</text>'
        f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#999"/>'
        f'<polyline points="{places}" fill="none" stroke="#06c" stroke-width="2"/></g>'
    )
