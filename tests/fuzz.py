"""Broken COCO files and broken pictures without end: ``python -m tests.fuzz SEED COUNT FOLDER``.

Every case is made of its number alone. It goes through the commands in this process; whatever they answer but with an
exit code of theirs, whatever lasts, and every file outside of the result is told, and the program ends with 1.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import signal
import sys
import warnings
from pathlib import Path

import numpy as np

from geoaug import files
from geoaug.cli.main import main

LIMIT = 20  # seconds a case may take on a busy machine
CODES = {"augment": {0, 2, 3}, "check": {0, 1, 2}}
NUMBERS = [0, -1, 1, 3, 1e9, -1e9, 1e300, 2**31, 2**63, 1e-320, 0.5, float("nan"), float("inf"), -0.0, 10**400, 99999]
NASTY = [None, True, False, "", "1", "x" * 3000, "\x1b[31m", "a\x00b", "\ud800", "../../etc/passwd", "/etc/passwd", [], {}, [[]], [None], {"a": {}}]
NAMES = [
    "../a.png",
    "..\\a.png",
    "/abs.png",
    "C:\\x.png",
    "a\x00.png",
    "",
    ".",
    "..",
    "sub/../../a.png",
    "\ud83d",
    "a" * 400 + ".png",
    "0.jpg",
    "missing.png",
]
FORMATS = ["jpg", "png", "tif", "bmp", "webp"]


def document(chance: random.Random, names: list[str]) -> dict:
    """A sound data set with every kind of annotation."""
    images = [{"id": k + 1, "file_name": name, "width": 24, "height": 18} for k, name in enumerate(names)]
    rows: list[dict] = []
    for image in images:
        kinds = [
            {"segmentation": [[2, 2, 12, 3, 9, 11]]},
            {"segmentation": {"size": [18, 24], "counts": [100, 20, 312]}, "iscrowd": 1},
            {"segmentation": {"size": [18, 24], "counts": "T3d0l<"}},
            {"keypoints": [3, 4, 2, 8, 9, 1, 0, 0, 0], "num_keypoints": 2},
            {},
        ]
        for more in chance.sample(kinds, 2):
            number = len(rows) + 1
            rows.append({"id": number, "image_id": image["id"], "category_id": 1, "bbox": [2, 2, 10, 9], "area": 45, "iscrowd": 0, **more})
    return {"info": {}, "images": images, "annotations": rows, "categories": [{"id": 1, "name": "thing", "keypoints": ["left_a", "right_a", "b"]}]}


def places(value: object) -> list[tuple]:
    """Every container in a document with every key of it."""
    found = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        pairs = one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
        for key, part in list(pairs):
            found.append((one, key))
            waiting.append(part)
    return found


def harmed(chance: random.Random, told: dict) -> None:
    """Change a few values of a document."""
    for _ in range(chance.randrange(1, 5)):
        holder, key = chance.choice(places(told))
        kind = chance.randrange(6)
        if kind == 0 and isinstance(holder, dict):
            del holder[key]
        elif kind == 1:
            holder[key] = chance.choice(NUMBERS)
        elif kind == 2:
            holder[key] = chance.choice(NASTY)
        elif kind == 3 and isinstance(holder, list):
            holder.append(chance.choice(holder))
        elif kind == 4:
            holder[key] = chance.choice(NAMES)
        else:
            holder[key] = [chance.choice(NUMBERS) for _ in range(chance.randrange(9))]


def torn(chance: random.Random, data: bytes) -> bytes:
    """Change, cut or lengthen a few bytes."""
    raw = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(raw)) if raw else 0
        kind = chance.randrange(4)
        if kind == 0 and raw:
            raw[at] = chance.randrange(256)
        elif kind == 1:
            del raw[at : at + chance.randrange(1, 40)]
        elif kind == 2:
            raw[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
        elif chance.random() < 0.2:
            del raw[at:]
    return bytes(raw)


def case(number: int, folder: Path) -> None:
    """Write one data set."""
    chance = random.Random(number)
    names = [f"{k}.{chance.choice(FORMATS)}" for k in range(3)]
    (folder / "images").mkdir(parents=True)
    for name in names:
        pixels = np.random.default_rng(number).integers(0, 256, (18, 24, 3)).astype(np.uint8)
        data = files.encoded(pixels, name[-4:].strip("."))
        (folder / "images" / name).write_bytes(torn(chance, data) if chance.random() < 0.4 else data)
    told = document(chance, names)
    if chance.random() < 0.8:
        harmed(chance, told)
    with contextlib.suppress(UnicodeEncodeError):
        text = json.dumps(told, ensure_ascii=chance.random() < 0.7).encode("utf-8")
        (folder / "a.json").write_bytes(torn(chance, text) if chance.random() < 0.15 else text)
        return
    (folder / "a.json").write_bytes(json.dumps(told).encode())


def outside(root: Path) -> set[Path]:
    return {place for place in root.rglob("*") if "out" not in place.relative_to(root).parts}


def tried(number: int, folder: Path) -> str | None:
    """Run one case; what is wrong with the answer."""
    shutil.rmtree(folder, ignore_errors=True)
    case(number, folder)
    before = outside(folder)
    rest = ["--images", str(folder / "images")]
    augment = ["augment", str(folder / "a.json"), *rest, "--out", str(folder / "out")]
    for line in [augment] if number % 3 else [augment, ["check", str(folder / "a.json"), *rest]]:
        said = io.StringIO()
        signal.alarm(LIMIT)
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), warnings.catch_warnings():
                code = main(line)
        finally:
            signal.alarm(0)
        text = said.getvalue()
        if code not in CODES[line[0]]:
            return f"case {number}: {line[0]} ended with {code}: {text[-500:]}"
        if "Traceback" in text or "\x1b" in text or "internal error" in text or "image-failed" in text:
            return f"case {number}: {line[0]} said {text[-500:]!r}"
        if line[0] == "augment" and code in (0, 3):
            document_ = json.loads(
                (folder / "out/annotations.json").read_text(), parse_constant=lambda name: sys.exit(f"case {number}: wrote {name}")
            )
            lost = [image["file_name"] for image in document_["images"] if not (folder / "out/images" / image["file_name"]).is_file()]
            if lost:
                return f"case {number}: {lost} not written"
    if outside(folder) != before:
        return f"case {number}: files appeared outside of the result: {outside(folder) - before}"
    return None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} was written")


def late(*_: object) -> None:
    raise TimeoutError("a case hangs")


if __name__ == "__main__":
    seed, count, place = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    signal.signal(signal.SIGALRM, late)
    os.environ["GEOAUG_DEBUG"] = "1"
    os.fsync = lambda handle: None  # no power fails here, and it would take most of the time
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libjpeg and libpng speak there
    faults = [fault for number in range(seed, seed + count) if (fault := tried(number, place)) is not None]
    sys.stdout.write("\n".join(faults[:20]) + "\n")
    sys.exit(1 if faults else 0)
