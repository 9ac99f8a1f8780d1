"""What a command says: escaped lines, and a bar on a terminal."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:  # --help needs nothing of it
    from geoaug.coco.problems import Problem

WIDTH = 28  # of the bar
MOST_OF_A_KIND = 10
PAUSE, PIPED_PAUSE = 0.1, 5.0  # seconds between two signs of life, on a terminal and in a log


def say(text: str = "") -> None:
    """Print a line on stdout; a reader that has gone away stops the line and nothing else."""
    _print(text, sys.stdout)


def complain(text: str) -> None:
    """Print a line on stderr."""
    _print(text, sys.stderr)


def complain_of(problems: Iterable[Problem], rest: str) -> None:
    """Print a line for each problem on stderr; of many with one code the first ten, and how many more there are.

    Args:
        problems: What was left out or put right.
        rest: Where the others can be read.
    """
    said: Counter[str] = Counter()
    for problem in problems:
        said[problem.code] += 1
        if said[problem.code] <= MOST_OF_A_KIND:
            complain(line(problem))
    for code, count in said.items():
        if count > MOST_OF_A_KIND:
            complain(f"{code}: {count - MOST_OF_A_KIND} more; {rest}")


def line(problem: Problem) -> str:
    """Returns: The line of a problem, in which a file is not named twice."""
    text = problem.line()
    for name in () if problem.file_name is None else (f"file {problem.file_name!r} ", f"file_name {problem.file_name!r} "):
        text = text.replace(f": {name}", ": ", 1)
    return text


def _print(text: str, stream: TextIO | None) -> None:
    if stream is None:  # closed before the program began
        return
    with contextlib.suppress(OSError, ValueError):  # closed by the reader, or by us
        print(escaped(text), file=stream, flush=True)


def escaped(text: str) -> str:
    """Returns: The text with everything that could steer a terminal written out."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text)


class Bar:
    """A bar of progress on stderr; where that is no terminal, a plain line now and then.

    Args:
        noun: What is counted.
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self.stream: TextIO | None = sys.stderr
        self.live = False
        with contextlib.suppress(ValueError):
            self.live = self.stream is not None and self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.started = self.last = time.monotonic()
        self.drawn = False

    def __call__(self, done: int, total: int) -> None:
        """Tell how far it is."""
        now = time.monotonic()
        if now - self.last < (PAUSE if self.live else PIPED_PAUSE) and not (self.live and done == total):
            return
        self.last = now
        text = self._text(done, total, now - self.started)
        if self.live:
            self.drawn = True
            # a bar that wraps would scroll the terminal
            self._put("\r" + text[: shutil.get_terminal_size().columns - 1] + "\x1b[K")
        else:
            complain(text)

    def clear(self) -> None:
        """Take the bar away."""
        if self.drawn:
            self._put("\r\x1b[K")
            self.drawn = False

    def _text(self, done: int, total: int, seconds: float) -> str:
        rate = done / max(seconds, 1e-9)
        left = _duration((total - done) / rate) if done else "?"
        count = f"{done}/{total} {self.noun}, {rate:.1f}/s, {left} left"
        if not self.live:
            return f"geoaug: {count}"
        full = round(WIDTH * done / max(total, 1))
        return f"[{'#' * full}{'.' * (WIDTH - full)}] {count}"

    def _put(self, text: str) -> None:
        if self.stream is None:
            return
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(text)
            self.stream.flush()


def _duration(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
