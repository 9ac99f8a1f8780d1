"""The command ``geoaug``: its arguments, and what becomes of everything that goes wrong.

Exit codes: 0 all done; 1 `check`, `migrate` or `doctor` found something; 2 refused, nothing changed; 3 finished, but items were left out, all
named; 4 the disk or a permission; 70 a fault of geoaug itself; 130 interrupted; 143 terminated.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from types import FrameType
from typing import Any, TextIO

from geoaug.cli.progress import JsonVoice, Voice
from geoaug.errors import GeoaugError

FORMATS = ("keep", "png", "jpg")
BUILTIN = (
    "The built-in pipeline mirrors every second picture; moves nine of ten a little, all at once: turned by up to 10 degrees, "
    "0.8 to 1.2 times as large, shifted by up to 6 % of its sides, slanted by up to 4 degrees; and changes brightness and "
    "contrast of every second one by up to 20 %. Objects of which less than a tenth stays visible go."
)


class Terminated(BaseException):
    """SIGTERM, told like Ctrl-C, so that everything is put away on the way out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Without the name of the program; those of the process when not given.

    Returns:
        The exit code.
    """
    _make_streams_safe()
    options, before, voice = argparse.Namespace(), None, Voice()
    try:
        options = _parser().parse_args(arguments)
        voice = options.voice = _voice(options)
        before = _listen()
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: voice.warning(str(message))
            return int(options.run(options))
    except GeoaugError as error:
        return voice.end(2, str(error))
    except KeyboardInterrupt:
        return voice.end(130, f"interrupted; {_way_out(options)}")
    except Terminated:
        return voice.end(143, f"terminated; {_way_out(options)}")
    except MemoryError:
        return voice.end(4, "not enough memory")
    except OSError as error:
        return voice.end(4, _machine_fault(error, getattr(options, "out", None)))
    except Exception as error:  # the last resort
        if os.environ.get("GEOAUG_DEBUG") == "1":
            traceback.print_exc()
        return voice.end(70, f"internal error: {type(error).__name__}: {error}; please report it (GEOAUG_DEBUG=1 shows where it happened)")
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
        _flush()


def _parser() -> argparse.ArgumentParser:
    from geoaug import __version__

    parser = argparse.ArgumentParser(
        prog="geoaug",
        description="Augment COCO data sets: pictures together with their boxes, masks, polygons and keypoints.",
        epilog="Exit codes: 0 done, 1 check, migrate or doctor found something, 2 refused and nothing changed, 3 finished with items left out, "
        "4 disk or permission, 70 a fault of geoaug itself, 130 interrupted, 143 terminated.",
    )
    parser.add_argument("--version", action="version", version=f"geoaug {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_augment(commands)
    _add_merge(commands)
    _add_check(commands)
    _add_show(commands)
    _add_migrate(commands)
    _add_doctor(commands)
    return parser


def _add_augment(commands: Any) -> None:
    command = commands.add_parser("augment", help="write an augmented copy of a data set", epilog=BUILTIN)
    command.set_defaults(run=_augment, name="augment")
    _add_input(command, images_needed=False, several=True)
    command.add_argument("--labels-only", action="store_true", help="make the annotations alone; no picture is opened, and --images is not needed")
    command.add_argument("--out", required=True, metavar="DIR", help="folder for the result: new, empty, or that of the same run, which then goes on")
    command.add_argument("--pipeline", metavar="FILE", help="JSON or YAML, as Albumentations' save writes it (default: a built-in one)")
    command.add_argument("--copies", type=int, default=1, metavar="N", help="augmented copies of each picture (default: 1)")
    _add_amount(command)
    command.add_argument("--seed", type=int, default=0, metavar="S", help="same seed, same bytes (default: 0)")
    command.add_argument("--workers", type=int, default=1, metavar="W", help="processes, 1 to 256 (default: 1)")
    command.add_argument("--keep-originals", action="store_true", help="put the pictures themselves into the result too, as copy 0")
    command.add_argument("--image-format", choices=FORMATS, default="keep", help="of the augmented pictures (default: keep)")
    command.add_argument("--overwrite", action="store_true", help="clear DIR first, if geoaug wrote it")
    command.add_argument("--quality", type=int, default=95, metavar="Q", help="of JPEG, 1 to 100 (default: 95)")
    command.add_argument("--engine", choices=("local", "ray"), default="local", help="where the work is done (default: local)")
    command.add_argument("--tars", type=int, metavar="N", help="put the pictures into tar files for WebDataset, N in each, and not into a folder")
    command.add_argument("--shard", metavar="i/n", help="do the i-th of n shares of the pictures, to be joined with merge")
    command.add_argument("--report", metavar="FILE.html", help="write a page that shows source and result, what was lost and why")
    command.add_argument("--quiet", action="store_true", help="print problems only")
    _add_log(command)


def _add_amount(command: Any) -> None:
    command.add_argument(
        "--repeat-until", action="append", default=[], metavar="CLASS=N", help="more copies of pictures with CLASS, until N such objects are there"
    )
    command.add_argument("--balance", action="store_true", help="more copies of pictures with rare classes, by the root of their rarity")
    command.add_argument(
        "--balance-threshold",
        type=float,
        metavar="T",
        help="a class is rare in less than this share of pictures (default: that of the average class)",
    )
    command.add_argument("--max-copies", type=int, metavar="N", help="of any picture (default: 20, or twice --copies)")
    command.add_argument(
        "--require", metavar="WHAT", help="draw copies again that show less, such as min_visible=0.3,keep=person|dog,min_objects=1; each is optional"
    )
    command.add_argument("--tries", type=int, default=20, metavar="K", help="draws of a copy before it is left out (default: 20)")
    command.add_argument("--dry-run", action="store_true", help="print the plan, and write nothing")


def _add_log(command: Any) -> None:
    command.add_argument("--log-json", action="store_true", help="tell programs what happens: one JSON object a line on stderr")


def _add_merge(commands: Any) -> None:
    command = commands.add_parser("merge", help="join the shares that augment --shard made into one result")
    command.set_defaults(run=_merge, name="merge")
    command.add_argument("shares", nargs="+", metavar="DIR", help="the folders of all shares")
    command.add_argument("--out", required=True, metavar="DIR", help="new or empty folder for the result")
    command.add_argument("--overwrite", action="store_true", help="clear it first, if geoaug wrote it")
    command.add_argument("--quiet", action="store_true", help="print problems only")
    _add_log(command)


def _add_check(commands: Any) -> None:
    command = commands.add_parser("check", help="look for boxes, shapes, keypoints and sizes that do not fit")
    command.set_defaults(run=_check, name="check", replay=True)
    _add_input(command, images_needed=False, several=True)
    command.add_argument("--json", action="store_true", help="print one JSON document: counts by code, findings, exit code")
    command.add_argument("--source", action="append", metavar="SOURCE.json", help="what a result was made from (default: as its report says)")
    command.add_argument("--source-images", metavar="DIR", help="its pictures (default: as the report says)")
    command.add_argument("--no-replay", dest="replay", action="store_false", help="do not make the copies of a result again to compare them")
    command.add_argument("--report", metavar="FILE.html", help="write a page that shows each kind of finding in its pictures")
    _add_log(command)


def _add_show(commands: Any) -> None:
    command = commands.add_parser("show", help="draw a contact sheet, source beside augmented", epilog=BUILTIN)
    command.set_defaults(run=_show)
    _add_input(command, images_needed=True)
    command.add_argument("--out", required=True, metavar="SHEET.png", help="the picture to write")
    command.add_argument("--pipeline", metavar="FILE", help="JSON or YAML (default: the built-in one)")
    command.add_argument("--count", type=int, default=6, metavar="N", help="source pictures (default: 6)")
    command.add_argument("--copies", type=int, default=2, metavar="N", help="augmented copies beside each; 0 shows the data set alone (default: 2)")
    command.add_argument("--seed", type=int, default=0, metavar="S", help="shows what augment makes with it (default: 0)")


def _add_migrate(commands: Any) -> None:
    command = commands.add_parser(
        "migrate",
        help="find what changed its meaning since Albumentations 1.x in programs and pipelines",
        epilog="geoaug reads 1.x's words with the meaning that they had; Albumentations 2.x drops them. Nothing is run or imported.",
    )
    command.set_defaults(run=_migrate)
    command.add_argument("paths", nargs="+", metavar="PATH", help="Python, JSON and YAML files, and folders of them")
    command.add_argument("--write", action="store_true", help="rewrite what can be rewritten without knowing more of the program")
    command.add_argument("--defaults", action="store_true", help="tell calls too that leave to the default what meant something else in 1.x")


def _add_doctor(commands: Any) -> None:
    command = commands.add_parser(
        "doctor",
        help="look whether this installation works: versions, OpenCV, and workers of a data loader",
        epilog="The workers load 12 samples in 3 epochs; where albumentations is installed it does the same, and pictures that it repeats are "
        "a finding, too. Nothing is written, and the network is left alone. It takes some 20 seconds.",
    )
    command.set_defaults(run=_doctor)
    command.add_argument("--json", action="store_true", help="print the same for programs")
    command.add_argument("--geoaug-only", action="store_true", help="leave albumentations out")
    command.add_argument("--no-workers", action="store_true", help="leave the workers out, which take most of the time")


def _add_input(command: argparse.ArgumentParser, images_needed: bool, several: bool = False) -> None:
    if several:
        command.add_argument(
            "annotations", nargs="+", metavar="ANNOTATIONS.json", help="COCO files of one set of pictures, a panoptic one among them"
        )
    else:
        command.add_argument("annotations", metavar="ANNOTATIONS.json", help="a COCO file")
    command.add_argument("--images", required=images_needed, metavar="DIR", help="folder that the file names start from")
    command.add_argument(
        "--max-pixels", type=int, default=200_000_000, metavar="N", help="larger pictures are left out and not made (default: 200 million)"
    )


# Each command is loaded when it is called, so that --help answers at once.


def _augment(options: argparse.Namespace) -> int:
    from geoaug.cli.augment import run

    return run(options)


def _merge(options: argparse.Namespace) -> int:
    from geoaug.cli.merge import run

    return run(options)


def _migrate(options: argparse.Namespace) -> int:
    from geoaug.cli.migrate import run

    return run(options)


def _doctor(options: argparse.Namespace) -> int:
    from geoaug.cli.doctor import run

    return run(options)


def _check(options: argparse.Namespace) -> int:
    from geoaug.cli.check import run

    return run(options)


def _show(options: argparse.Namespace) -> int:
    from geoaug.cli.show import run

    return run(options)


def _voice(options: argparse.Namespace) -> Voice:
    """How this command tells what happens."""
    quiet = bool(getattr(options, "quiet", False))
    if not getattr(options, "log_json", False):
        return Voice(quiet)
    voice = JsonVoice(quiet)
    voice.start(options.name, {key: value for key, value in vars(options).items() if key not in ("run", "name")})
    return voice


# --- what goes wrong -------------------------------------------------------------------------------------------------


def _make_streams_safe() -> None:
    """No letter stops a message: under LC_ALL=C what cannot be printed is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _listen() -> Any:
    """Hear SIGTERM; signals can be set in the main thread alone, and the caller may be another one."""
    try:
        return signal.signal(signal.SIGTERM, _terminate)
    except ValueError:
        return None


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _way_out(options: argparse.Namespace) -> str:
    """What stands there after an interruption, and how to go on."""
    if hasattr(options, "overwrite"):
        return "no file is half written; run the same command again to go on"
    return "nothing was written"


def _machine_fault(error: OSError, out: str | None) -> str:
    reason = (error.strerror or str(error)).lower()
    place = out if out is not None else error.filename
    return f"{reason}{f' in {place!r}' if place is not None else ''}; put that right and run again"


def _flush() -> None:
    """Write what is left. A reader that has gone away is no fault, and must not be told of at exit either."""
    for stream in (sys.stdout, sys.stderr):
        _flush_one(stream)


def _flush_one(stream: TextIO | None) -> None:
    if stream is None:  # it was closed before the program began
        return
    try:
        stream.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
