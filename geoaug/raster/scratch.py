"""Buffers that a thread uses again for what is never handed out: fresh megabytes cost more in page faults than the work on them."""

from __future__ import annotations

import threading

import numpy as np

from geoaug.types import Array

LARGEST = 64 * 2**20  # bytes of one buffer that are worth keeping


class _Scratch(threading.local):
    def __init__(self) -> None:
        self.buffers: dict[str, Array] = {}


_held = _Scratch()


def scratch(use: str, shape: tuple[int, ...]) -> Array:
    """Returns: uint8 memory of this shape with any contents; the next call for the same use overwrites it."""
    buffer = _held.buffers.get(use)
    if buffer is None or buffer.shape != shape:
        buffer = np.empty(shape, np.uint8)
        if buffer.nbytes <= LARGEST:
            _held.buffers[use] = buffer
    return buffer
