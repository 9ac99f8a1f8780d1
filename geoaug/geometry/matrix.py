"""3x3 matrices as tuples of nine floats: source to output, continuous pixels, x right and y down.

Tuples, since a chain multiplies dozens of them a call and numpy's overhead on nine numbers would be most of the
time (one product: 1.3 µs here, 2.3 µs in numpy). Signed permutations stay exact: no rounding enters a quarter turn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from geoaug.errors import ParameterError
from geoaug.types import Floats, Matrix, Size

IDENTITY: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def product(after: Matrix, before: Matrix) -> Matrix:
    """Returns: The map that does ``before`` and then ``after``."""
    a, b, c, d, e, f, g, h, i = after
    j, k, m, n, o, p, q, r, s = before
    if g == h == q == r == 0.0 and i == s == 1.0:
        return (a * j + b * n, a * k + b * o, a * m + b * p + c, d * j + e * n, d * k + e * o, d * m + e * p + f, 0.0, 0.0, 1.0)
    return (
        a * j + b * n + c * q, a * k + b * o + c * r, a * m + b * p + c * s,
        d * j + e * n + f * q, d * k + e * o + f * r, d * m + e * p + f * s,
        g * j + h * n + i * q, g * k + h * o + i * r, g * m + h * p + i * s,
    )  # fmt: skip


def chain(*steps: Matrix) -> Matrix:
    """Returns: The map that does the first of ``steps`` first."""
    whole = steps[0]
    for step in steps[1:]:
        whole = product(step, whole)
    return whole


def determinant(matrix: Matrix) -> float:
    """Returns: The determinant; negative where the map mirrors."""
    a, b, c, d, e, f, g, h, i = matrix
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def inverse(matrix: Matrix) -> Matrix:
    """Returns: The map back.

    Raises:
        ParameterError: The matrix is singular: it squeezes the picture onto a line.
    """
    a, b, c, d, e, f, g, h, i = matrix
    if g == h == 0.0 and i == 1.0:
        det = a * e - b * d
        if not _solid(det, max(abs(a), abs(b)) * max(abs(d), abs(e))):
            raise ParameterError(_singular(matrix))
        a, b, d, e = e / det, -b / det, -d / det, a / det
        return (a, b, -(a * c + b * f), d, e, -(d * c + e * f), 0.0, 0.0, 1.0)
    det = determinant(matrix)
    if not _solid(det, (abs(a) + abs(b)) * (abs(d) + abs(e)) * abs(i)):
        raise ParameterError(_singular(matrix))
    return (
        (e * i - f * h) / det, (c * h - b * i) / det, (b * f - c * e) / det,
        (f * g - d * i) / det, (a * i - c * g) / det, (c * d - a * f) / det,
        (d * h - e * g) / det, (b * g - a * h) / det, (a * e - b * d) / det,
    )  # fmt: skip


def _solid(det: float, size: float) -> bool:
    return math.isfinite(det) and abs(det) > 1e-12 * size and det != 0.0


def _singular(matrix: Matrix) -> str:
    return f"matrix is singular: {matrix} squeezes the picture onto a line; keep scales above 0 and shears below 90°"


def affine(matrix: Matrix) -> bool:
    """Returns: Whether parallels stay parallel (last row 0, 0, 1)."""
    return matrix[6] == 0.0 and matrix[7] == 0.0 and matrix[8] == 1.0


def upright(matrix: Matrix) -> bool:
    """Returns: Whether upright rectangles stay upright rectangles: scales, flips, quarter turns, shifts."""
    a, b, _, d, e, _, g, h, i = matrix
    return g == 0.0 and h == 0.0 and i == 1.0 and ((b == 0.0 and d == 0.0) or (a == 0.0 and e == 0.0))


def exact(matrix: Matrix) -> bool:
    """Returns: Whether pixels land on pixels: a signed permutation with an integer offset."""
    a, b, c, d, e, f, g, h, i = matrix
    return (
        g == 0.0 and h == 0.0 and i == 1.0 and c == round(c) and f == round(f)
        and ((b == 0.0 and d == 0.0 and abs(a) == 1.0 and abs(e) == 1.0)
             or (a == 0.0 and e == 0.0 and abs(b) == 1.0 and abs(d) == 1.0))
    )  # fmt: skip


def move(matrix: Matrix, points: Floats) -> Floats:
    """Move points, shape (N, 2), through the map; points behind a homography's horizon have no place (NaN)."""
    a, b, c, d, e, f, g, h, i = matrix
    x, y = points[:, 0], points[:, 1]
    out = np.empty(points.shape)
    if g == 0.0 and h == 0.0 and i == 1.0:
        if b == 0.0 and d == 0.0:
            np.multiply(points, (a, e), out=out)
            out += (c, f)
            return out
        out[:, 0] = a * x + b * y + c
        out[:, 1] = d * x + e * y + f
        return out
    w = depth(matrix, points)
    w = np.where(w > 0.0, w, np.nan)
    out[:, 0] = (a * x + b * y + c) / w
    out[:, 1] = (d * x + e * y + f) / w
    return out


def move_one(matrix: Matrix, x: float, y: float) -> tuple[float, float, float]:
    """Returns: x, y and the depth w of one moved point; x and y are not divided where w is 0."""
    a, b, c, d, e, f, g, h, i = matrix
    w = g * x + h * y + i
    k = 1.0 / w if w else 1.0
    return (a * x + b * y + c) * k, (d * x + e * y + f) * k, w


def depth(matrix: Matrix, points: Floats) -> Floats:
    """Returns: The homogeneous w of moved points, shape (N,); ≤ 0 lies behind the horizon."""
    result: Floats = matrix[6] * points[:, 0] + matrix[7] * points[:, 1] + matrix[8]
    return result


def stretch(matrix: Matrix, size: Size) -> float:
    """Returns: The smallest stretch σ_min of the map's Jacobian at the centre of a source of ``size``."""
    a, b, _, d, e, _, g, h, _ = matrix
    x, y, w = move_one(matrix, size[1] / 2, size[0] / 2)
    if not affine(matrix):
        w = w or 1.0
        a, b, d, e = (a - x * g) / w, (b - x * h) / w, (d - y * g) / w, (e - y * h) / w
    half, det = (a * a + b * b + d * d + e * e) / 2, a * e - b * d
    return math.sqrt(max(half - math.sqrt(max(half * half - det * det, 0.0)), 0.0))


def translation(x: float, y: float) -> Matrix:
    """Returns: A shift in pixels."""
    return (1.0, 0.0, float(x), 0.0, 1.0, float(y), 0.0, 0.0, 1.0)


def scaling(x: float, y: float) -> Matrix:
    """Returns: A stretch about the origin."""
    return (float(x), 0.0, 0.0, 0.0, float(y), 0.0, 0.0, 0.0, 1.0)


def rotation(degrees: float) -> Matrix:
    """Returns: A turn about the origin, counter-clockwise as seen; quarter turns are exact."""
    quarter, rest = divmod(degrees, 90.0)
    if rest == 0.0:
        cos, sin = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarter) % 4]
    else:
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return (cos, sin, 0.0, -sin, cos, 0.0, 0.0, 0.0, 1.0)


def shearing(x: float, y: float) -> Matrix:
    """Returns: A shear by angles in degrees about the origin."""
    for angle in (x, y):
        if abs(math.cos(math.radians(angle))) < 1e-9:
            raise ParameterError(f"matrix is singular: a shear of {angle}° flattens the picture; keep it below 90°")
    return (1.0, math.tan(math.radians(x)), 0.0, math.tan(math.radians(y)), 1.0, 0.0, 0.0, 0.0, 1.0)


def about(matrix: Matrix, x: float, y: float) -> Matrix:
    """Returns: The same map, with (x, y) in the place of the origin."""
    return product(product(translation(x, y), matrix), translation(-x, -y))


def flip_x(width: int) -> Matrix:
    """Returns: Left and right exchanged in a picture of this width."""
    return (-1.0, 0.0, float(width), 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def flip_y(height: int) -> Matrix:
    """Returns: Top and bottom exchanged in a picture of this height."""
    return (1.0, 0.0, 0.0, 0.0, -1.0, float(height), 0.0, 0.0, 1.0)


TRANSPOSE: Matrix = (0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def quarter_turns(times: int, size: Size) -> Matrix:
    """Returns: Quarter turns counter-clockwise as seen, of a picture of ``size``; the turned picture starts at (0, 0)."""
    height, width = size
    return (
        IDENTITY,
        (0.0, 1.0, 0.0, -1.0, 0.0, float(width), 0.0, 0.0, 1.0),
        (-1.0, 0.0, float(width), 0.0, -1.0, float(height), 0.0, 0.0, 1.0),
        (0.0, -1.0, float(height), 1.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    )[times % 4]


Quad = Sequence[tuple[float, float]]


def between_quads(source: Quad, target: Quad) -> Matrix:
    """Returns: The homography that moves four source corners onto four target corners.

    Raises:
        ParameterError: Three of the corners lie on one line.
    """
    whole = product(_from_square(target), inverse(_from_square(source)))
    if not whole[8]:
        raise ParameterError(f"no homography: the origin would lie on the horizon of {source} -> {target}")
    a, b, c, d, e, f, g, h, i = (number / whole[8] for number in whole)
    return (a, b, c, d, e, f, g, h, i)


def _from_square(quad: Quad) -> Matrix:
    """Returns: The homography that moves the corners of the unit square, clockwise from (0, 0), onto four corners.

    Source: Heckbert, "Fundamentals of Texture Mapping and Image Warping", 1989, section 2.2.3.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad
    dx1, dy1, dx2, dy2 = x1 - x2, y1 - y2, x3 - x2, y3 - y2
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    if abs(area) <= 1e-12 * max(abs(dx1), abs(dy1), 1e-300) * max(abs(dx2), abs(dy2), 1e-300):
        raise ParameterError(f"no homography: three of the corners {list(quad)} lie on one line")
    g, h = (sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area
    return (x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1.0)
