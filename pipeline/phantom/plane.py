"""Where the pixels of one slice lie in the head, and simple bodies cut by it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Head-frame millimetres (LPS: left, posterior, up) of a slice's pixels [row, column].

    ``x`` has shape (1, columns); ``y`` and ``z`` (rows, 1): a CT gantry tilts about the x axis only,
    and keeping the three apart makes most shapes one addition of a row to a column.
    """

    x: Field
    y: Field
    z: Field

    def window(self, low: tuple[float, float, float], high: tuple[float, float, float]) -> tuple[slice, slice]:
        """The rows and columns that may touch a box; empty when none does."""
        x, y, z = self.x[0], self.y[:, 0], self.z[:, 0]
        rows = (y >= low[1]) & (y <= high[1]) & (z >= low[2]) & (z <= high[2])
        columns = (x >= low[0]) & (x <= high[0])
        return _span(rows), _span(columns)

    def part(self, window: tuple[slice, slice]) -> Plane:
        """The same plane, only these rows and columns."""
        rows, columns = window
        return Plane(self.x[:, columns], self.y[rows], self.z[rows])


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """An axis-parallel ellipsoid: centre and half axes in mm."""

    centre: tuple[float, float, float]
    half: tuple[float, float, float]

    def box(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Two opposite corners around it."""
        low = (self.centre[0] - self.half[0], self.centre[1] - self.half[1], self.centre[2] - self.half[2])
        high = (self.centre[0] + self.half[0], self.centre[1] + self.half[1], self.centre[2] + self.half[2])
        return low, high

    def level(self, plane: Plane) -> Field:
        """Below 1 inside, [row, column]."""
        x, y, z = (
            ((axis - centre) / half) ** 2
            for axis, centre, half in zip((plane.x, plane.y, plane.z), self.centre, self.half, strict=True)
        )
        level: Field = x + (y + z)
        return level

    def grown(self, by_mm: float) -> Ellipsoid:
        """The same, every half axis longer."""
        return Ellipsoid(self.centre, (self.half[0] + by_mm, self.half[1] + by_mm, self.half[2] + by_mm))


@dataclass(frozen=True, slots=True)
class Tube:
    """A straight round tube with rounded ends: two ends and a radius in mm."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius: float

    def box(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Two opposite corners around it."""
        pairs = list(zip(self.start, self.end, strict=True))
        x, y, z = (min(pair) - self.radius for pair in pairs)
        u, v, w = (max(pair) + self.radius for pair in pairs)
        return (x, y, z), (u, v, w)

    def level(self, plane: Plane) -> Field:
        """Below 1 inside, [row, column]."""
        along = np.subtract(self.end, self.start).astype(np.float32)
        dx, dy, dz = plane.x - self.start[0], plane.y - self.start[1], plane.z - self.start[2]
        share = (dx * along[0] + (dy * along[1] + dz * along[2])) / max(float(along @ along), 1e-6)
        share = np.clip(share, 0, 1)
        distance = (dx - share * along[0]) ** 2 + (dy - share * along[1]) ** 2 + (dz - share * along[2]) ** 2
        level: Field = distance / np.float32(self.radius**2)
        return level


Body = Ellipsoid | Tube


def paint(labels: NDArray[np.uint8], plane: Plane, body: Body, label: int) -> None:
    """Write ``label`` into ``labels`` [row, column] where ``body`` is cut by the plane."""
    window = plane.window(*body.box())
    part = plane.part(window)
    if part.x.size and part.y.size:
        labels[window][body.level(part) < 1] = label


def mirrored(body: Body) -> tuple[Body, Body]:
    """A body on the left and its image on the right."""
    if isinstance(body, Ellipsoid):
        x, y, z = body.centre
        return body, Ellipsoid((-x, y, z), body.half)
    (x, y, z), (u, v, w) = body.start, body.end
    return body, Tube((-x, y, z), (-u, v, w), body.radius)


def _span(wanted: Mask) -> slice:
    found = np.flatnonzero(wanted)
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else slice(0, 0)
