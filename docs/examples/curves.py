"""A table and a plot of a metric over epochs, with and without augmentation, a line a seed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

COLOURS = {"without": (60, 60, 200), "with": (160, 110, 20)}  # blue first
WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 720, 400, 60, 50, 40


def table(found: dict[str, np.ndarray], metric: str) -> str:
    """Returns: A Markdown table of what was reached, and whether the gain lies outside of the spread of the seeds.

    Args:
        found: For "without" and "with" the metric, shape (seeds, epochs looked at).
        metric: Its name.
    """
    last = {name: runs[:, -1] for name, runs in found.items()}
    lines = [f"| augmentation | {metric}, mean of {len(last['with'])} seeds | lowest | highest |", "|---|---|---|---|"]
    lines += [f"| {name} | {runs.mean():.3f} | {runs.min():.3f} | {runs.max():.3f} |" for name, runs in last.items()]
    gain, apart = last["with"].mean() - last["without"].mean(), last["with"].min() > last["without"].max()
    verdict = "the worst run with is better than the best without" if apart else "the runs overlap: the gain is not outside of their spread"
    return "\n".join([*lines, "", f"Gain: {gain:+.3f}; {verdict}."])


def plot(file: Path, found: dict[str, np.ndarray], epochs: list[int], metric: str) -> None:
    """Draw thin lines for the seeds and a thick one for their mean."""
    canvas = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    top = max(0.01, *(runs.max() for runs in found.values())) * 1.05

    def at(epoch: float, value: float) -> tuple[int, int]:
        x = LEFT + (WIDTH - LEFT - 20) * epoch / epochs[-1]
        return round(x), round(HEIGHT - BELOW - (HEIGHT - BELOW - ABOVE) * value / top)

    def write(text: str, place: tuple[int, int], colour: tuple[int, int, int] = (60, 60, 60)) -> None:
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)

    for k in range(6):
        value = top * k / 5
        cv2.line(canvas, at(0, value), at(epochs[-1], value), (225, 225, 225), 1)
        write(f"{value:.2f}", (12, at(0, value)[1] + 5))
        write(f"{epochs[-1] * k / 5:.0f}", (at(epochs[-1] * k / 5, 0)[0] - 12, HEIGHT - BELOW + 20))
    write("epoch", (WIDTH // 2, HEIGHT - 10))
    write(metric, (LEFT, 20))
    for k, (name, runs) in enumerate(found.items()):
        for run, thick in [(run, 1) for run in runs] + [(runs.mean(axis=0), 3)]:
            line = np.array([at(epoch, value) for epoch, value in zip(epochs, run, strict=True)], np.int32)
            cv2.polylines(canvas, [line], False, COLOURS[name], thick, cv2.LINE_AA)
        write(f"{name} augmentation", (WIDTH - 200, 20 + 18 * k), COLOURS[name])
    good, data = cv2.imencode(".png", canvas)
    assert good
    file.write_bytes(data.tobytes())
