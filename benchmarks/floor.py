"""The workloads by hand: the same drawn work in as few OpenCV calls as we know, no library in between.

Each function draws anew on every call, moves the picture once, and moves, cuts and filters the boxes. Matrices map
source to output in continuous pixels; ``centred`` turns them into OpenCV's, which count from pixel centres. What the
floor leaves out: checks of the input, and the edges of canvases passed on the way.
"""

from __future__ import annotations

import functools
import math
from random import Random
from typing import Any

import cv2
import numpy as np

Affine = tuple[float, float, float, float, float, float]
Data = dict[str, Any]

MODERN = int(cv2.__version__.split(".")[0]) >= 5  # warps four channels faster than three, and transforms fast
GREY = (0.299, 0.587, 0.114)


def after(second: Affine, first: Affine) -> Affine:
    """Returns: The map that does ``first`` and then ``second``."""
    a, b, c, d, e, f = second
    g, h, i, j, k, m = first
    return a * g + b * j, a * h + b * k, a * i + b * m + c, d * g + e * j, d * h + e * k, d * i + e * m + f


def flipped(width: int) -> Affine:
    """Returns: The mirror left to right."""
    return -1.0, 0.0, float(width), 0.0, 1.0, 0.0


def drawn_affine(random: Random, width: int, height: int) -> Affine:
    """Returns: A random map about the centre: scales, shears, a turn, a shift."""
    angle = math.radians(random.uniform(-15, 15))
    shear_x, shear_y = (math.tan(math.radians(random.uniform(-5, 5))) for _ in range(2))
    scale_x, scale_y = random.uniform(0.8, 1.2), random.uniform(0.8, 1.2)
    cos, sin = math.cos(angle), math.sin(angle)
    a, b, d, e = scale_x, shear_x * scale_y, shear_y * scale_x, scale_y
    a, b, d, e = cos * a - sin * d, cos * b - sin * e, sin * a + cos * d, sin * b + cos * e
    x, y = width / 2, height / 2
    dx, dy = random.uniform(-0.1, 0.1) * width, random.uniform(-0.1, 0.1) * height
    return a, b, x + dx - a * x - b * y, d, e, y + dy - d * x - e * y


def centred(m: Affine) -> np.ndarray:
    """Returns: The map (2, 3) between OpenCV's coordinates, half a pixel less than ours."""
    a, b, c, d, e, f = m
    return np.array(((a, b, c + (a + b - 1) / 2), (d, e, f + (d + e - 1) / 2)))


@functools.cache
def scratch(use: str, height: int, width: int, channels: int) -> np.ndarray:
    """Returns: Memory for what is never handed out; fresh pages cost more than the work on them."""
    return np.empty((height, width, channels), np.uint8)


def warp(image: np.ndarray, matrix: np.ndarray, size: tuple[int, int], keep: bool = True) -> np.ndarray:
    """Move a picture by OpenCV's matrix, (2, 3) or (3, 3).

    Args:
        image: RGB.
        matrix: Source to output, from pixel centres to pixel centres.
        size: (width, height) of the output.
        keep: Whether the result is handed out; else it lies in scratch and the next call overwrites it.

    Returns: RGB, by four channels where that is faster (the same bytes).
    """
    move = cv2.warpAffine if len(matrix) == 2 else cv2.warpPerspective
    width, height = size
    out = None if keep else scratch("moved", height, width, 3)
    if not MODERN:
        return move(image, matrix, size, dst=out)
    four = cv2.cvtColor(image, cv2.COLOR_RGB2RGBA, dst=scratch("four", *image.shape[:2], 4))
    four = move(four, matrix, size, dst=scratch("four moved", height, width, 4))
    return cv2.cvtColor(four, cv2.COLOR_RGBA2RGB, dst=out)


def recolour(image: np.ndarray, alpha: float, beta: float) -> np.ndarray:
    """Returns: ``alpha`` times the picture plus ``beta``, rounded and clipped."""
    if MODERN:
        return cv2.transform(image, np.array(((alpha, 0, 0, beta), (0, alpha, 0, beta), (0, 0, alpha, beta))))
    return cv2.LUT(image, np.clip(np.rint(np.arange(256) * alpha + beta), 0, 255).astype(np.uint8))


def move_boxes(boxes: np.ndarray, m: Affine, width: int, height: int, visible: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns: Boxes (n, 4) around the moved corners, cut at the picture, and which rows are kept."""
    a, b, c, d, e, f = m
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    dx, dy = (boxes[:, 2] - boxes[:, 0]) / 2, (boxes[:, 3] - boxes[:, 1]) / 2
    u, v = a * x + b * y + c, d * x + e * y + f
    du, dv = abs(a) * dx + abs(b) * dy, abs(d) * dx + abs(e) * dy
    left, right = np.clip(u - du, 0, width), np.clip(u + du, 0, width)
    top, bottom = np.clip(v - dv, 0, height), np.clip(v + dv, 0, height)
    area = (right - left) * (bottom - top)
    kept = (area > 0) & (area >= visible * 4 * du * dv)
    return np.stack((left, top, right, bottom), axis=1)[kept], np.flatnonzero(kept)


def flip_affine_tone(data: Data, random: Random) -> Data:
    """W1 and W8x: flip, affine, brightness and contrast."""
    image = data["image"]
    height, width = image.shape[:2]
    matrix = after(drawn_affine(random, width, height), flipped(width))
    boxes, kept = move_boxes(data["bboxes"], matrix, width, height, 0.0)
    moved = warp(image, centred(matrix), (width, height), keep=False)
    out = recolour(moved, random.uniform(0.8, 1.2), random.uniform(-51, 51))
    return {"image": out, "bboxes": boxes, "labels": [data["labels"][row] for row in kept]}


def drawn_crop(random: Random, width: int, height: int) -> Affine:
    """Returns: A random window of 8 to 100 % of the area and 3:4 to 4:3, blown up to 512 x 512."""
    for _ in range(10):
        area = random.uniform(0.08, 1.0) * width * height
        aspect = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            break
    else:
        w = h = min(width, height)
    x, y = random.randint(0, width - w), random.randint(0, height - h)
    return 512 / w, 0.0, -x * 512 / w, 0.0, 512 / h, -y * 512 / h


def jitter(image: np.ndarray, random: Random) -> np.ndarray:
    """Brightness, contrast and saturation as one colour matrix, then hue."""
    bright, contrast, saturation = (random.uniform(0.8, 1.2) for _ in range(3))
    r, g, b = cv2.mean(image)[:3]
    mean = bright * (GREY[0] * r + GREY[1] * g + GREY[2] * b)
    grey = np.array(GREY) * (1 - saturation)
    matrix = np.empty((3, 4))
    matrix[:, :3] = (np.eye(3) * saturation + grey) * (bright * contrast)
    matrix[:, 3] = (1 - contrast) * mean
    rows, columns = image.shape[:2]
    toned = cv2.transform(image, matrix, dst=scratch("toned", rows, columns, 3))
    hsv = cv2.cvtColor(toned, cv2.COLOR_RGB2HSV_FULL, dst=scratch("hsv", rows, columns, 3))
    hue = cv2.extractChannel(hsv, 0, dst=scratch("hue", rows, columns, 1)[..., 0])
    hue += np.uint8(round(random.uniform(-0.5, 0.5) * 256) % 256)  # wraps, as hues do
    return cv2.cvtColor(cv2.insertChannel(hue, hsv, 0), cv2.COLOR_HSV2RGB_FULL)


def affine_crop_flip_jitter(data: Data, random: Random) -> Data:
    """W2: affine, random resized crop to 512, flip, colour jitter; boxes filtered by visibility."""
    image = data["image"]
    height, width = image.shape[:2]
    matrix = after(drawn_crop(random, width, height), drawn_affine(random, width, height))
    matrix = after(flipped(512), matrix)
    boxes, kept = move_boxes(data["bboxes"], matrix, 512, 512, 0.1)
    out = jitter(warp(image, centred(matrix), (512, 512), keep=False), random)
    result = {"image": out, "bboxes": boxes, "labels": [data["labels"][row] for row in kept]}
    if "masks" in data:
        result["masks"] = move_masks([data["masks"][row] for row in kept], matrix, 512, 512)
    if "polygons" in data:
        result["masks"] = fill_polygons([data["polygons"][row] for row in kept], matrix, 512, 512)
    return result


def move_masks(masks: list[np.ndarray], m: Affine, width: int, height: int) -> list[np.ndarray]:
    """Returns: Masks (height, width), each moved within the bounds of what is set in it, which are looked for: a box may be loose."""
    a, b, c, d, e, f = m
    moved = []
    for mask in masks:
        out = np.zeros((height, width), np.uint8)
        x, y, w, h = cv2.boundingRect(mask)
        u, v = a * x + b * y + c, d * x + e * y + f  # where the part's own corner goes
        left, right = max(math.floor(u + min(a * w, 0) + min(b * h, 0)), 0), min(math.ceil(u + max(a * w, 0) + max(b * h, 0)), width)
        top, bottom = max(math.floor(v + min(d * w, 0) + min(e * h, 0)), 0), min(math.ceil(v + max(d * w, 0) + max(e * h, 0)), height)
        if left < right and top < bottom:
            own = centred((a, b, u - left, d, e, v - top))
            size = (right - left, bottom - top)
            cv2.warpAffine(mask[y : y + h, x : x + w], own, size, dst=out[top:bottom, left:right], flags=cv2.INTER_NEAREST)
        moved.append(out)
    return moved


def fill_polygons(polygons: list[list[np.ndarray]], m: Affine, width: int, height: int) -> list[np.ndarray]:
    """Returns: Masks (height, width) of moved outlines as cv2.fillPoly has them, rim included."""
    if not polygons:
        return []
    a, b, c, d, e, f = m
    points = np.concatenate([ring for rings in polygons for ring in rings])
    fixed = np.rint(points @ np.array(((a, d), (b, e))) * 256 + ((c - 0.5) * 256, (f - 0.5) * 256)).astype(np.int32)
    masks, start = [], 0
    for rings in polygons:
        parts = []
        for ring in rings:
            parts.append(fixed[start : start + len(ring)])
            start += len(ring)
        masks.append(cv2.fillPoly(np.zeros((height, width), np.uint8), parts, 1, shift=8))
    return masks


def square(m: Affine) -> np.ndarray:
    """Returns: The map (3, 3)."""
    return np.array((m[:3], m[3:], (0.0, 0.0, 1.0)))


def drawn_turn(random: Random, width: int, height: int, most: float, zoom: float, shift: float) -> Affine:
    """Returns: A random turn, zoom and shift about the centre."""
    angle, scale = math.radians(random.uniform(-most, most)), 1 + random.uniform(-zoom, zoom)
    cos, sin, x, y = scale * math.cos(angle), scale * math.sin(angle), width / 2, height / 2
    dx, dy = random.uniform(-shift, shift) * width, random.uniform(-shift, shift) * height
    return cos, -sin, x + dx - cos * x + sin * y, sin, cos, y + dy - sin * x - cos * y


def drawn_perspective(random: Random, width: int, height: int) -> np.ndarray:
    """Returns: The map (3, 3) that stretches a quadrangle, each corner moved inwards at random, to the picture."""
    strength = random.uniform(0.05, 0.1)
    inwards = np.array([[min(abs(random.gauss(0, strength)), 0.3) for _ in "xy"] for _ in range(4)])
    corners = np.array(((0, 0), (1, 0), (1, 1), (0, 1)), np.float32)
    quadrangle = np.where(corners > 0, 1 - inwards, inwards) * (width, height)
    return cv2.getPerspectiveTransform(quadrangle.astype(np.float32), corners * np.float32((width, height)))


def chain_of_five(data: Data, random: Random) -> Data:
    """W3 and W3m: flip, rotate, shift-scale-rotate, perspective, resize to 512 as one homography."""
    image = data["image"]
    height, width = image.shape[:2]
    turns = after(drawn_turn(random, width, height, 30, 0.0, 0.0), flipped(width))
    turns = after(drawn_turn(random, width, height, 15, 0.1, 0.0625), turns)
    half, back = (1.0, 0.0, 0.5, 0.0, 1.0, 0.5), (512 / width, 0.0, -0.5, 0.0, 512 / height, -0.5)
    matrix = square(back) @ drawn_perspective(random, width, height) @ square(after(turns, half))
    moved = {"image": warp(image, matrix, (512, 512))}
    if "mask" in data:
        moved["mask"] = cv2.warpPerspective(data["mask"], matrix, (512, 512), flags=cv2.INTER_NEAREST)
    return moved


def flip(data: Data, random: Random) -> Data:
    """W8: a flip; nothing is drawn."""
    width = data["image"].shape[1]
    boxes = data["bboxes"].copy()
    boxes[:, 0], boxes[:, 2] = width - data["bboxes"][:, 2], width - data["bboxes"][:, 0]
    return {"image": cv2.flip(data["image"], 1), "bboxes": boxes, "labels": list(data["labels"])}


# COCO's seventeen points of a person: each left one stands before its right one
PAIRS = tuple((left, left + 1) for left in range(1, 17, 2))
PERSON = 17


@functools.cache
def swapped(count: int) -> np.ndarray:
    """Returns: Which of ``count`` points, person after person, takes each one's place in a mirror."""
    order = np.arange(count)
    left = np.array([row + pair[0] for row in range(0, count, PERSON) for pair in PAIRS])
    order[left], order[left + 1] = left + 1, left
    return order


def flip_affine_points(data: Data, random: Random) -> Data:
    """W5: flip with left and right exchanged, affine; keypoints count from pixel centres and stay where they leave the picture."""
    image = data["image"]
    height, width = image.shape[:2]
    matrix = after(drawn_affine(random, width, height), flipped(width))
    (a, b, c), (d, e, f) = rows = centred(matrix)
    x, y = data["keypoints"][swapped(len(data["keypoints"]))].T
    points = np.stack((a * x + b * y + c, d * x + e * y + f), axis=1)
    return {"image": warp(image, rows, (width, height)), "keypoints": points, "names": list(data["names"])}


MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
FILL = 114


def tones(data: Data, random: Random) -> Data:
    """W6: brightness and contrast, gamma, hue, saturation and value, then planes of float32."""
    image = data["image"]
    height, width = image.shape[:2]
    levels = np.clip(np.arange(256) * random.uniform(0.8, 1.2) + random.uniform(-51, 51), 0, 255).astype(np.uint8)
    levels = np.rint((levels / 255.0) ** random.uniform(0.8, 1.2) * 255.0).astype(np.uint8)
    wheel = cv2.cvtColor(cv2.LUT(image, levels, dst=scratch("toned", height, width, 3)), cv2.COLOR_RGB2HSV, dst=scratch("wheel", height, width, 3))
    tables = np.empty((1, 256, 3), np.uint8)
    steps = np.arange(256)
    tables[0, :, 0] = (steps + round(random.uniform(-20, 20))) % 180
    tables[0, :, 1] = np.clip(steps + random.uniform(-30, 30), 0, 255)
    tables[0, :, 2] = np.clip(steps + random.uniform(-20, 20), 0, 255)
    tables[0, 0, 1] = 0
    coloured = cv2.cvtColor(cv2.LUT(wheel, tables, dst=wheel), cv2.COLOR_HSV2RGB, dst=scratch("coloured", height, width, 3))
    out = np.empty((3, height, width), np.float32)
    planes = cv2.split(coloured, [scratch(colour, height, width, 1)[..., 0] for colour in ("red", "green", "blue")])
    for plane, whole, mean, deviation in zip(planes, out, MEAN, DEVIATION, strict=True):
        cv2.addWeighted(plane, 1 / (255 * deviation), plane, 0, -mean / deviation, dst=whole, dtype=cv2.CV_32F)
    return {"image": out}


def letterbox(data: Data, random: Random) -> Data:
    """W7: fit into 640 x 640 on grey, normalise, planes of float32; nothing is drawn."""
    image, side = data["image"], 640
    scale = side / max(image.shape[:2])
    height, width = round(image.shape[0] * scale), round(image.shape[1] * scale)
    small = cv2.resize(image, (width, height), dst=scratch("small", height, width, 3))
    top, left = (side - height) // 2, (side - width) // 2
    out = np.empty((3, side, side), np.float32)
    planes = cv2.split(small, [scratch(colour, height, width, 1)[..., 0] for colour in ("red", "green", "blue")])
    for plane, whole, mean, deviation in zip(planes, out, MEAN, DEVIATION, strict=True):
        factor, shift = 1 / (255 * deviation), -mean / deviation
        grey = FILL * factor + shift
        whole[:top], whole[top + height :] = grey, grey
        middle = whole[top : top + height]
        middle[:, :left], middle[:, left + width :] = grey, grey
        cv2.addWeighted(plane, factor, plane, 0, shift, dst=middle[:, left : left + width], dtype=cv2.CV_32F)
    return {"image": out}
