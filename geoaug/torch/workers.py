"""What a worker of a DataLoader has to know of OpenCV."""

from __future__ import annotations

import os

import cv2

from geoaug.coco.workers import quiet_opencv

_settled: list[int] = []  # this process, once it is


def settle() -> None:
    """Keep OpenCV to one thread in a worker: there are as many workers as the machine has cores for, and threads do not survive a fork."""
    if os.getpid() in _settled:
        return
    from torch.utils.data import get_worker_info

    _settled[:] = [os.getpid()]
    if get_worker_info() is not None:
        cv2.setNumThreads(0)  # in turn; 1 would wait for ever, in a worker that was forked, for threads that only its parent has
        quiet_opencv()
