"""Where a picture goes: one matrix, the canvases passed on the way, and the size at the end.

Named tuples, since a call makes a dozen of them: a third of the time of an attrs class, to define and to make.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from geoaug.geometry.matrix import IDENTITY, determinant, inverse, move_one, product, upright
from geoaug.types import Matrix, Size

SLACK = 1e-7  # px; less than this of a canvas' edge cannot be seen, rounding of a chain is about 1e-10


class Window(NamedTuple):
    """A canvas that the picture passed through: what fell off its edge is gone, and a border stands there.

    Args:
        matrix: From the canvas' own pixels to the output.
        size: (height, width) of the canvas.
        border: What the step that left this canvas puts outside of it (opaque here).
    """

    matrix: Matrix
    size: Size
    border: Any = None

    @property
    def back(self) -> Matrix:
        """From the output to the canvas' own pixels."""
        return inverse(self.matrix)

    def covers(self, size: Size) -> bool:
        """Returns: Whether an output of ``size`` shows nothing from outside of this canvas."""
        height, width = self.size
        a, b, c, d, e, f, g, h, i = self.matrix
        if g == h == 0.0 and i == 1.0:
            det = a * e - b * d
            if not det:
                return False
            # u = p·x + q·y + r leads back; over the output it is least and most at corners
            p, q, r = e / det, -b / det, (b * f - e * c) / det
            low = r + min(p * size[1], 0.0) + min(q * size[0], 0.0)
            if low < -SLACK or low + abs(p) * size[1] + abs(q) * size[0] > width + SLACK:
                return False
            p, q, r = -d / det, a / det, (d * c - a * f) / det
            low = r + min(p * size[1], 0.0) + min(q * size[0], 0.0)
            return low >= -SLACK and low + abs(p) * size[1] + abs(q) * size[0] <= height + SLACK
        back = self.back
        for x, y in ((0, 0), (size[1], 0), (size[1], size[0]), (0, size[0])):
            u, v, w = move_one(back, x, y)
            if not (w > 0 and -SLACK <= u <= width + SLACK and -SLACK <= v <= height + SLACK):
                return False
        return True

    def moved(self, matrix: Matrix) -> Window:
        """Returns: The same canvas after a further map."""
        return Window(product(matrix, self.matrix), self.size, self.border)


class Motion(NamedTuple):
    """A composed map with its seams.

    Args:
        matrix: Source to output, continuous pixels.
        source: (height, width) of the picture that goes in.
        size: (height, width) of the picture that comes out.
        windows: The canvases whose outside shows in the output, in the order in which their borders are painted.
    """

    matrix: Matrix
    source: Size
    size: Size
    windows: tuple[Window, ...] = ()

    @classmethod
    def of(cls, matrix: Matrix, source: Size, size: Size, border: Any = None) -> Motion:
        """Returns: The motion of one step; its only seam is the source's own edge, where that shows."""
        edge = Window(matrix, source, border)
        return cls(matrix, source, size, () if edge.covers(size) else (edge,))

    @classmethod
    def rest(cls, size: Size) -> Motion:
        """Returns: Nothing moves."""
        return cls(IDENTITY, size, size)

    def then(self, after: Motion) -> Motion:
        """Returns: This motion and then ``after``; nothing that this one's canvas cut off comes back."""
        if not self.windows:
            kept: tuple[Window, ...] = ()
        else:
            moved = (window.moved(after.matrix) for window in self.windows)
            kept = tuple(window for window in moved if not window.covers(after.size))
        matrix = product(after.matrix, self.matrix)
        added = after.windows
        if added and not self.windows and after.edge is not None and self.onto:
            added = (Window(matrix, self.source, added[0].border), *added[1:])  # my canvas is my source, moved
        return Motion(matrix, self.source, after.size, kept + added)

    @property
    def onto(self) -> bool:
        """Whether the source's edge lands on the canvas' edge all around: flips, quarter turns, changes of size."""
        # only what keeps rectangles upright brings one onto another
        return not self.windows and upright(self.matrix) and Window(inverse(self.matrix), self.size).covers(self.source)

    @property
    def edge(self) -> Window | None:
        """The source's own edge, where it shows."""
        first = self.windows[0] if self.windows else None
        return first if first is not None and first.matrix == self.matrix and first.size == self.source else None

    @property
    def mirrored(self) -> bool:
        """Whether left and right change places."""
        return determinant(self.matrix) < 0
