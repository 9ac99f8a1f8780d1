"""What a command says: escaped lines and a bar on a terminal for people, or JSON lines for programs.

With ``--log-json`` stderr holds one JSON object a line and nothing else, in pure ASCII: ``{"event": "start", …}`` with the
command and its settings; ``"progress"``, at most one a second; ``"problem"`` and, of `check`, ``"remark"``, each with its code;
``"warning"``; and at last ``"end"`` with the exit code, what was counted, and where the command was refused or broken off an ``error``. Each has a
``time``, in UTC. Stdout stays as it is.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:  # --help needs nothing of it
    from geoaug.coco.problems import Problem

WIDTH = 28  # of the bar
MOST_OF_A_KIND = 10
PAUSE, PIPED_PAUSE = 0.1, 5.0  # seconds between two signs of life, on a terminal and in a log
JSON_PAUSE = 1.0  # the same, for programs


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


class Pace:
    """How fast it goes, counted from the first sign of life on: what an earlier run has done is not this one's work."""

    def __init__(self) -> None:
        self.first: tuple[float, int] | None = None

    def rate(self, now: float, done: int) -> float | None:
        """Returns: How many a second, as soon as that can be told."""
        if self.first is None:
            self.first = now, done
        began, before = self.first
        return (done - before) / (now - began) if done > before and now > began else None


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
        self.last = time.monotonic()
        self.pace = Pace()
        self.drawn = False

    def __call__(self, done: int, total: int) -> None:
        """Tell how far it is."""
        now = time.monotonic()
        rate = self.pace.rate(now, done)
        if now - self.last < (PAUSE if self.live else PIPED_PAUSE) and not (self.live and done == total):
            return
        self.last = now
        text = self._text(done, total, rate)
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

    def _text(self, done: int, total: int, rate: float | None) -> str:
        count = f"{done}/{total} {self.noun}"
        if rate is not None:
            count += f", {rate:.1f}/s, {_duration((total - done) / rate)} left"
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


class Voice:
    """How a command tells people what happens, on stderr.

    Args:
        quiet: Tell no progress.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.bar: Bar | JsonBar | None = None

    def start(self, command: str, settings: Mapping[str, Any]) -> None:
        """Tell what was asked for."""

    def count(self, noun: str) -> Bar | JsonBar | None:
        """Returns: What is to be told how far it is, if anybody wants to know."""
        self.bar = None if self.quiet else Bar(noun)
        return self.bar

    def problems(self, found: Iterable[Problem], rest: str) -> None:
        """Tell what was left out or put right; ``rest`` is where all of it can be read."""
        complain_of(found, rest)

    def remarks(self, found: Iterable[Problem]) -> None:
        """Tell what is worth knowing, where that is not printed."""

    def warning(self, text: str) -> None:
        """Tell what may not be meant."""
        complain(f"geoaug: warning: {text}")

    def end(self, code: int, error: str | None = None, **counted: Any) -> int:
        """Tell how it ended.

        Args:
            code: The exit code.
            error: Why it was refused or broken off, if it was.
            counted: What a program may want to know.

        Returns:
            The exit code.
        """
        if error is not None:
            complain(f"geoaug: {error}")
        return code


class JsonVoice(Voice):
    """The same for programs: one JSON object a line."""

    def start(self, command: str, settings: Mapping[str, Any]) -> None:
        from geoaug import __version__

        self._tell("start", command=command, version=__version__, settings=settings)

    def count(self, noun: str) -> Bar | JsonBar | None:
        self.bar = None if self.quiet else JsonBar(self, noun)
        return self.bar

    def problems(self, found: Iterable[Problem], rest: str) -> None:
        for problem in found:
            self._tell("problem", **problem.record())

    def remarks(self, found: Iterable[Problem]) -> None:
        for problem in found:
            self._tell("remark", **problem.record())

    def warning(self, text: str) -> None:
        self._tell("warning", message=text)

    def end(self, code: int, error: str | None = None, **counted: Any) -> int:
        self._tell("end", exit_code=code, **({} if error is None else {"error": error}), **counted)
        return code

    def progress(self, noun: str, done: int, total: int, rate: float | None) -> None:
        """Tell how far it is."""
        pace = {} if rate is None else {"rate": round(rate, 3), "seconds_left": round((total - done) / rate, 1)}
        self._tell("progress", noun=noun, done=done, total=total, **pace)

    @staticmethod
    def _tell(event: str, **more: Any) -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if sys.stderr is None:
            return
        with contextlib.suppress(OSError, ValueError):  # closed by the reader
            print(json.dumps({"event": event, "time": now, **_plain(more)}, allow_nan=False), file=sys.stderr, flush=True)


class JsonBar:
    """Progress for programs, at most one line a second, and one when all is done."""

    def __init__(self, voice: JsonVoice, noun: str) -> None:
        self.voice, self.noun, self.pace = voice, noun, Pace()
        self.last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Tell how far it is."""
        now = time.monotonic()
        rate = self.pace.rate(now, done)
        if now - self.last >= JSON_PAUSE or done == total:
            self.last = now
            self.voice.progress(self.noun, done, total, rate)

    def clear(self) -> None:
        """Nothing stands on the screen."""


def _plain(value: Any) -> Any:
    """Returns: A value as JSON knows it: what it does not know becomes text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, (str, int, float, type(None))) else str(value)
