"""A self-test of an installation: versions, OpenCV's build and quirks, and whether workers of a data loader repeat each other's pictures.

Everything that imports much or may hang runs in processes of its own, with a time limit; nothing touches the network.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import warnings
from collections.abc import Iterable, Sequence
from importlib import metadata
from typing import Any, NamedTuple

SAMPLES, EPOCHS, WORKERS = 12, 3, 4
TOTAL = SAMPLES * EPOCHS
WHEELS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")
OPTIONAL = ("torch", "torchvision", "keras", "datasets", "PyYAML", "stringzilla", "albumentations", "pytest")
PATIENCE, HANG = 240.0, 1.5  # seconds for an experiment, and for a call that should take none
QUIET = {"NO_ALBUMENTATIONS_UPDATE": "1", "ALBUMENTATIONS_OFFLINE": "1", "ALBUMENTATIONS_NO_TELEMETRY": "1"}  # their look-ups at import
GOOD, FINDING, NOTE = "good", "finding", "note"


class Item(NamedTuple):
    """One thing looked at.

    Args:
        group: ``versions``, ``opencv``, ``quirks``, ``workers``.
        name: What it is.
        state: ``good``, ``finding`` or ``note``.
        text: What was seen, and the way out of a finding.
        values: The same for programs.
    """

    group: str
    name: str
    state: str
    text: str
    values: dict[str, Any] = {}  # noqa: RUF012  never written to


def examine(workers: bool = True, others: bool = True) -> list[Item]:
    """Look at this installation.

    Args:
        workers: Whether to run the experiment with workers, which takes most of the time.
        others: Whether albumentations takes part in it, where it is installed.

    Returns: All that was looked at; those whose state is ``finding`` are wrong.
    """
    experiments = [(method, _start("experiment", method, str(int(others)))) for method in ("fork", "spawn")] if workers else []
    hanging = {name: _start("quirk", name) for name in _names_of_quirks()}
    try:
        items = [*versions(), *opencv(), *_quirks(hanging)]
        for method, process in experiments:
            items += _experiment(method, process)
        return items
    finally:
        for process in (*hanging.values(), *(process for _, process in experiments)):
            _end(process)


# --- versions --------------------------------------------------------------------------------------------------------


def versions() -> list[Item]:
    """Returns: What is installed, and whether it is new enough."""
    items = [Item("versions", "python", GOOD, f"{platform.python_version()} on {platform.platform()}", {"version": platform.python_version()})]
    for name, least in _required():
        items.append(_version_item(name, least))
    items.append(_wheels())
    for name in OPTIONAL:
        version = _version(name)
        if version is not None:
            items.append(Item("versions", name, NOTE, f"{version} (optional)", {"version": version}))
    missing = [name for name in OPTIONAL if _version(name) is None]
    if missing:
        items.append(Item("versions", "not installed", NOTE, f"{', '.join(missing)} (optional)", {"names": missing}))
    return items


def _required() -> list[tuple[str, str]]:
    """Returns: What geoaug needs itself, and from which version on; the wheels of OpenCV are looked at apart."""
    import re

    try:
        lines = metadata.requires("geoaug") or []
    except metadata.PackageNotFoundError:  # run from its sources
        lines = ["numpy>=1.24", "pycocotools>=2.0.7", "attrs>=23.1"]
    found = [re.match(r"([\w-]+)>=([\d.]+)", line) for line in lines if "extra" not in line]
    return [(match.group(1), match.group(2)) for match in found if match and match.group(1) not in WHEELS]


def _version_item(name: str, least: str) -> Item:
    version = _version(name)
    if version is None:
        return Item("versions", name, FINDING, f"not installed, geoaug needs {least} or newer: pip install '{name}>={least}'", {"version": None})
    if _numbers(version) < _numbers(least):
        text = f"{version} is older than {least}, which geoaug needs: pip install '{name}>={least}'"
        return Item("versions", name, FINDING, text, {"version": version})
    return Item("versions", name, GOOD, version, {"version": version})


def _wheels() -> Item:
    """Returns: Which packages bring the module cv2; two of them overwrite each other's files."""
    wheels = {name: version for name in WHEELS if (version := _version(name)) is not None}
    told = ", ".join(f"{name} {version}" for name, version in wheels.items())
    if len(wheels) > 1:
        text = f"{told}: all bring the same module cv2, the last one installed wins; pip uninstall {' '.join(wheels)}, then install one of them"
        return Item("versions", "cv2 from", FINDING, text, {"wheels": wheels})
    if not wheels:
        return Item("versions", "cv2 from", NOTE, "no wheel of PyPI; the system's or conda's own serves as well", {"wheels": {}})
    return Item("versions", "cv2 from", GOOD, told, {"wheels": wheels})


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    parts = []
    for part in version.split(".")[:3]:
        digits = "".join(letter for letter in part if letter.isdigit())
        parts.append(int(digits) if digits else 0)
    return tuple(parts)


# --- OpenCV ----------------------------------------------------------------------------------------------------------


def opencv() -> list[Item]:
    """Returns: What the build of OpenCV is."""
    answer = _answer(_start("build"), PATIENCE)
    if "fault" in answer:
        return [Item("opencv", "cv2 loads", FINDING, f"{answer['fault']}; reinstall one wheel: pip install --force-reinstall opencv-python-headless")]
    text = f"{answer['version']}, {answer['threads']} threads ({answer['parallel']}), {answer['file']}"
    simd = f"baseline {answer['baseline']}; chosen at run time {answer['dispatched']}" + ("" if answer["optimised"] else "; switched off")
    items = [Item("opencv", "cv2", GOOD, text, answer), Item("opencv", "SIMD", GOOD if answer["optimised"] else NOTE, simd)]
    if _numbers(answer["version"]) < (4, 9):
        items.append(Item("opencv", "cv2", FINDING, f"{answer['version']} is older than 4.9, which geoaug needs"))
    return items


def _quirks(hanging: dict[str, subprocess.Popen[str]]) -> list[Item]:
    """Returns: What OpenCV does with odd calls, and whether geoaug does right with the same."""
    quick, ours = _start("quirks"), _start("ours")
    items = []
    for name, process in hanging.items():
        answer = _answer(process, HANG, wait_for_start=True)
        seen = "hangs" if answer.get("late") else answer.get("fault") or answer["seen"]
        items.append(Item("quirks", name, NOTE, f"cv2 {seen}", {"cv2": seen}))
    answer = _answer(quick, PATIENCE)
    items += [Item("quirks", name, NOTE, f"cv2: {seen}", {"cv2": seen}) for name, seen in answer.items()]
    for name, fault in _answer(ours, PATIENCE).items():
        if fault:
            items.append(Item("quirks", f"geoaug: {name}", FINDING, f"{fault}; please report it", {"fault": fault}))
        else:
            items.append(Item("quirks", f"geoaug: {name}", GOOD, "right", {"fault": None}))
    return items


def _names_of_quirks() -> tuple[str, ...]:
    return ("border of an empty picture", "cubic warp one pixel high")  # raster/quirks.py MAY_HANG, which imports OpenCV


def _ours() -> dict[str, str | None]:
    """Returns: For each odd call what geoaug does wrong with it, or None."""
    import numpy as np

    import geoaug as A

    turn = A.Compose([A.Rotate((17, 17), p=1, fill=7)])
    labels = np.random.default_rng(1).integers(0, 200, (120, 160)).astype(np.uint8)

    def alike() -> bool:
        outs = [turn(image=labels, mask=labels.astype(kind))["mask"] for kind in (np.uint8, np.int16, np.int64, np.float64)]
        return all(np.array_equal(outs[0], out) for out in outs)

    def kept() -> bool:
        out = A.Compose([A.HorizontalFlip(p=1)])(image=labels, mask=labels.astype(np.int64) + 2**40)["mask"]
        return out.dtype == np.int64 and np.array_equal(out, labels[:, ::-1].astype(np.int64) + 2**40)

    def wide() -> bool:
        return bool(turn(image=np.full((40, 50, 130), 9, np.uint8))["image"].shape == (40, 50, 130))

    def filled() -> bool:
        return bool((turn(image=np.full((40, 50, 3), 9, np.uint8))["image"][0, 0] == 7).all())

    def thin() -> bool:
        node = A.Rotate((17, 17), interpolation=2, border_mode=4, p=1)
        return A.Compose([node])(image=np.zeros((1, 40, 3), np.uint8))["image"].shape == (1, 40, 3)

    def empty() -> bool:
        try:
            turn(image=np.zeros((0, 5, 3), np.uint8))
        except A.DataError:
            return True
        return False

    def rle() -> bool:
        from pycocotools import mask as coco

        from geoaug.targets.rle import encode

        mask = (labels > 100).astype(np.uint8)
        theirs = coco.encode(np.asfortranarray(mask))
        return encode(mask)["counts"] == theirs["counts"].decode()

    checks = {
        "labels of every dtype alike": alike, "64-bit labels": kept, "130 channels": wide, "fill of all channels": filled,
        "cubic warp one pixel high": thin, "empty pictures refused": empty, "RLE as pycocotools has it": rle,
    }  # fmt: skip
    return {name: _fault(check) for name, check in checks.items()}


def _fault(check: Any) -> str | None:
    try:
        return None if check() else "wrong"
    except Exception as fault:
        return f"{type(fault).__name__}: {str(fault)[:200]}"


# --- the experiment with workers -------------------------------------------------------------------------------------


class Pictures:
    """The same picture again and again, through several pipelines; an item is a fingerprint from each.

    Args:
        pipelines: What it goes through.
        keyed: Whether geoaug's is called with (epoch, index) as key.
    """

    def __init__(self, pipelines: Sequence[Any], keyed: bool = False) -> None:
        import numpy as np

        self.pipelines, self.keyed, self.epoch = list(pipelines), keyed, 0
        self.picture = np.random.default_rng(0).integers(0, 256, (24, 24, 3)).astype(np.uint8)

    def __len__(self) -> int:
        return SAMPLES

    def __getitem__(self, index: int) -> list[str]:
        if not 0 <= index < SAMPLES:
            raise IndexError(index)
        key = {"key": (self.epoch, index)} if self.keyed else {}
        return [hashlib.sha256(pipeline(image=self.picture, **key)["image"].tobytes()).hexdigest()[:16] for pipeline in self.pipelines]


def fingerprints(pictures: Pictures, workers: int, method: str, persistent: bool) -> list[list[str]]:
    """Returns: What three epochs gave, in the order of the samples: of a PyTorch DataLoader, or of plain processes where there is none."""
    loaded = _version("torch") is not None
    seen: list[list[str]] = []
    if loaded:
        from torch.utils.data import DataLoader

        more: dict[str, Any] = {"multiprocessing_context": method, "persistent_workers": persistent} if workers else {}
        loader: Any = DataLoader(pictures, batch_size=None, num_workers=workers, **more)  # type: ignore[arg-type]  # anything with a length will do
        for epoch in range(EPOCHS):
            pictures.epoch = epoch
            seen += [list(one) for one in loader]
        return seen
    for epoch in range(EPOCHS):
        pictures.epoch = epoch
        seen += [pictures[k] for k in range(SAMPLES)] if workers == 0 else _in_processes(pictures, workers, method)
    return seen


def _in_processes(pictures: Pictures, workers: int, method: str) -> list[list[str]]:
    """One epoch as a data loader deals it out: worker w takes the samples w, w + 4, …"""
    import multiprocessing

    context: Any = multiprocessing.get_context(method)
    ends, processes = [], []
    for worker in range(workers):
        mine, its = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(pictures, range(worker, SAMPLES, workers), its), daemon=True)
        process.start()
        its.close()
        ends.append(mine)
        processes.append(process)
    found: dict[int, list[str]] = {}
    for end, process in zip(ends, processes, strict=True):
        found |= end.recv()
        process.join()
    return [found[k] for k in range(SAMPLES)]


def _work(pictures: Pictures, share: Iterable[int], end: Any) -> None:
    end.send({index: pictures[index] for index in share})
    end.close()


def _in_workers(method: str, others: bool) -> dict[str, Any]:
    """Returns: How many distinct pictures each library gave, and whether keys made geoaug's independent of workers."""
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        return {"absent": True}
    import geoaug as A

    warnings.simplefilter("ignore")
    ours = A.Compose([A.Rotate((-180, 180), p=1), A.RandomBrightnessContrast(p=1)])
    pipelines, names = [ours], ["geoaug"]
    if others and _version("albumentations") is not None and _version("albumentationsx") is None:
        import albumentations as theirs  # type: ignore[import-untyped]  # it has no types

        pipelines.append(theirs.Compose([theirs.Rotate((-180, 180), p=1), theirs.RandomBrightnessContrast(p=1)]))
        names.append("albumentations")
    persistent = method == "spawn"  # each spawned worker imports PyTorch anew, which takes seconds
    rows = fingerprints(Pictures(pipelines), WORKERS, method, persistent)
    counts = {name: len({row[k] for row in rows}) for k, name in enumerate(names)}
    answer: dict[str, Any] = {
        "counts": counts,
        "loader": "DataLoader" if _version("torch") is not None else "multiprocessing",
        "persistent": persistent,
    }
    if method == "fork":
        alone, together = (fingerprints(Pictures([ours], keyed=True), workers, method, False) for workers in (0, WORKERS))
        answer["keyed"] = alone == together and len({row[0] for row in alone}) == TOTAL
    return answer


def _experiment(method: str, process: subprocess.Popen[str]) -> list[Item]:
    """Returns: What the experiment showed."""
    answer = _answer(process, PATIENCE)
    if "fault" in answer:
        return [Item("workers", method, FINDING, f"the experiment did not end well: {answer['fault']}")]
    if answer.get("absent"):
        return [Item("workers", method, NOTE, "this system has no such way to start processes")]
    where = f"{method}{', persistent' if answer['persistent'] and answer['loader'] == 'DataLoader' else ''}"
    if answer["loader"] != "DataLoader":
        where += ", plain processes for want of PyTorch"
    items = []
    for name, count in answer["counts"].items():
        version = _version(name) or ""
        text = f"{count} distinct of {TOTAL}"
        if count < TOTAL:
            way = "workers and epochs repeat each other's pictures; with geoaug in its place they do not" if name != "geoaug" else "please report it"
            text += f": {way}"
        values = {"distinct": count, "of": TOTAL, "method": method, "loader": answer["loader"], "version": version}
        items.append(Item("workers", f"{name} ({where})", GOOD if count == TOTAL else FINDING, text, values))
    if "keyed" in answer:
        text = "the same pictures for 0 and 4 workers" if answer["keyed"] else "other pictures for 0 and for 4 workers; please report it"
        items.append(Item("workers", "geoaug with key=(epoch, index)", GOOD if answer["keyed"] else FINDING, text, {"same": answer["keyed"]}))
    return items


# --- processes of their own ------------------------------------------------------------------------------------------


def _start(*what: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  this very program
        [sys.executable, "-W", "ignore", "-c", "import sys; from geoaug.doctor import child; child(sys.argv[1:])", *what],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **QUIET},
    )


def child(what: Sequence[str]) -> None:
    """Answer one question in a process of its own, as JSON on the last line.

    Args:
        what: ``build``, ``quirks``, ``quirk`` and its name, ``ours``, or ``experiment``, the way to start workers, and 1 to take others in.
    """
    if what[0] == "experiment":
        answer: Any = _in_workers(what[1], what[2] == "1")
    elif what[0] == "ours":
        answer = _ours()
    else:
        from geoaug.raster import quirks

        if what[0] == "build":
            answer = quirks.build()
        elif what[0] == "quirk":
            print("ready", flush=True)
            answer = {"seen": quirks.MAY_HANG[what[1]]()}
        else:
            answer = {name: quirk() for name, quirk in quirks.QUICK.items()}
    print("\n" + json.dumps(answer))


def _answer(process: subprocess.Popen[str], patience: float, wait_for_start: bool = False) -> dict[str, Any]:
    """Returns: What a process said; ``late`` where it did not in time, ``fault`` where it went wrong.

    Args:
        process: As from ``_start``.
        patience: Seconds.
        wait_for_start: Whether they count from when the process has imported all it needs, which on a busy machine takes long.
    """
    if wait_for_start and process.stdout is not None:
        process.stdout.readline()
    try:
        out, errors = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        _end(process)
        return {"late": True, "fault": f"no answer within {patience:g} s"}
    if process.returncode:
        last = [line for line in errors.strip().splitlines() if line.strip()][-1:] or [f"ended with {process.returncode}"]
        return {"fault": last[0][:300]}
    answer: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return answer


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.kill()
        process.communicate()
