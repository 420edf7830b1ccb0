"""Two curves on one small chart: blue is synthetic, yellow is real."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from models.gallery.figures import Curve
from models.gallery.sheet import REAL, SYNTHETIC, Picture

WIDTH, HEIGHT, MARGIN = 360, 220, 26
INK, FRAME = (220, 220, 220), (90, 90, 90)


def chart(title: str, synthetic: Curve, real: Curve | None) -> Picture:
    """Both curves over the same axis, the highest point at the top."""
    page = Image.new("RGB", (WIDTH, HEIGHT), (20, 20, 20))
    pen = ImageDraw.Draw(page)
    pen.rectangle((MARGIN, MARGIN, WIDTH - MARGIN, HEIGHT - MARGIN), outline=FRAME)
    pen.text((MARGIN, 6), title, fill=INK)
    pen.text((WIDTH - 150, 6), "synthetic", fill=SYNTHETIC)
    pen.text((WIDTH - 70, 6), "real" if real else "", fill=REAL)
    curves = [(synthetic, SYNTHETIC)] + ([(real, REAL)] if real else [])
    top = max([float(curve.y.max()) for curve, _ in curves] + [1e-12])
    for curve, colour in curves:
        pen.line(_points(curve, top), fill=colour, width=2)
    low, high = float(synthetic.x[0]), float(synthetic.x[-1])
    pen.text((MARGIN, HEIGHT - MARGIN + 4), f"{low:.2g}", fill=INK)
    pen.text((WIDTH // 2 - 40, HEIGHT - MARGIN + 4), synthetic.axis, fill=INK)
    pen.text((WIDTH - MARGIN - 24, HEIGHT - MARGIN + 4), f"{high:.2g}", fill=INK)
    return np.asarray(page)


def _points(curve: Curve, top: float) -> list[tuple[float, float]]:
    span = max(float(curve.x[-1] - curve.x[0]), 1e-12)
    wide, high = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN - 6
    return [
        (MARGIN + (float(x) - float(curve.x[0])) / span * wide, HEIGHT - MARGIN - float(y) / top * high)
        for x, y in zip(curve.x, curve.y, strict=True)
    ]
