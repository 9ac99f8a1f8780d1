"""W11: a COCO file of 190,000 annotations is read: ``python -m benchmarks.reading [--like FILE] [--annotations N] [--rounds N]``.

The file is made by repeating a real one, TACO's, with new ids, written without spaces: 100 MB. Each reader has a process of its own, the
readers take turns, and ratios are taken inside a round. Seconds are of the processor; megabytes are what the resident set grows by at most.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LIKE = Path(__file__).parents[2] / "shared/data/real/json-only/taco_annotations.json"
ANNOTATIONS = 190_000
READERS = {
    "geoaug": "from geoaug.coco.dataset import load as read",
    "geoaug, all decoded": "from geoaug.coco.dataset import load\nread = lambda place: load(place).annotations",
    "pycocotools": "from pycocotools.coco import COCO as read",
    "json": "import json\nread = lambda place: json.load(open(place, 'rb'))",
}
GOALS = {"seconds": 0.25, "peak": 0.5}  # of pycocotools'
PROBE = """
import contextlib, json, sys, time
{reader}
def megabytes(what):  # ru_maxrss would be that of the parent where it is larger
    with open('/proc/self/status') as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(what))
before, started = megabytes('VmRSS'), time.process_time()
with contextlib.redirect_stdout(sys.stderr):
    kept = read(sys.argv[1])
seconds = time.process_time() - started
print(json.dumps({{"seconds": seconds, "peak": max(megabytes('VmHWM') - before, 1e-3), "stays": megabytes('VmRSS') - before}}))
"""


def repeated(like: dict[str, Any], annotations: int) -> dict[str, Any]:
    """Returns: A document with a data set's pictures and annotations over and over, under new ids, until there are so many annotations."""
    images, rows = like["images"], like["annotations"]
    step = max(image["id"] for image in images) + 1
    times = range(-(-annotations // len(rows)))
    more = [{**image, "id": image["id"] + k * step, "file_name": f"{k}/{image['file_name']}"} for k in times for image in images]
    all_rows = [{**row, "id": k * len(rows) + n, "image_id": row["image_id"] + k * step} for k in times for n, row in enumerate(rows, 1)]
    return {**like, "images": more, "annotations": all_rows[:annotations]}


def measured(reader: str, place: Path) -> dict[str, float]:
    """Returns: Seconds, peak and what stays, in MB, of one reading in a fresh process."""
    command = [sys.executable, "-c", PROBE.format(reader=READERS[reader]), str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    numbers: dict[str, float] = json.loads(done.stdout)
    return numbers


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print.

    Returns: The exit code, 0: goals are shown, not enforced.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description="geoaug's reader of COCO files beside others")
    parser.add_argument("--like", type=Path, default=LIKE, help="the file that is repeated")
    parser.add_argument("--annotations", type=int, default=ANNOTATIONS)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(given)
    if not options.like.is_file():
        parser.error(f"--like {options.like}: there is no such file; name a COCO file")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "annotations.json"
        document = repeated(json.loads(options.like.read_bytes()), options.annotations)
        place.write_text(json.dumps(document, separators=(",", ":")))
        print(f"{len(document['annotations'])} annotations, {place.stat().st_size / 1e6:.0f} MB, {options.rounds} rounds")
        del document
        rounds = [{reader: measured(reader, place) for reader in READERS} for _ in range(options.rounds)]
    print(f"{'reader':22}{'seconds':>9}{'peak MB':>9}{'stays MB':>10}   of pycocotools'")
    for reader in READERS:
        shown = {key: statistics.median(one[reader][key] for one in rounds) for key in ("seconds", "peak", "stays")}
        share = {key: statistics.median(one[reader][key] / one["pycocotools"][key] for one in rounds) for key in GOALS}
        goals = ", ".join(f"{key} ≤ {goal:g} {'met' if share[key] <= goal else 'missed'}" for key, goal in GOALS.items())
        print(
            f"{reader:22}{shown['seconds']:9.2f}{shown['peak']:9.0f}{shown['stays']:10.0f}   "
            f"time {share['seconds']:.2f}, memory {share['peak']:.2f}{f' ({goals})' if reader == 'geoaug' else ''}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
