"""Files and folders: which are looked at, and how they are written back."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from geoaug.errors import ParameterError
from geoaug.migrate import description, program
from geoaug.migrate.finding import Looked

KINDS = {".py": "python", ".json": "json", ".yaml": "yaml", ".yml": "yaml"}
LARGEST = 4 * 2**20  # bytes; what is larger is data
SKIPPED = {"__pycache__", "node_modules", "site-packages", "venv", "build", "dist"}
WORDS = (b"albumentations", b"geoaug", b"Albu", b"__class_fullname__")  # without any of these, a file is none of ours


def files(paths: Iterable[str | Path]) -> Iterator[Path]:
    """Returns: Files that are named, and all Python, JSON and YAML in folders that are named, but for hidden ones and environments.

    Raises:
        ParameterError: There is no such file, or it is of another kind.
    """
    for path in map(Path, paths):
        if path.is_dir():
            for folder, folders, names in os.walk(path):
                folders[:] = sorted(name for name in folders if name not in SKIPPED and not name.startswith("."))
                yield from (Path(folder, name) for name in sorted(names) if Path(name).suffix.lower() in KINDS and not name.startswith("."))
        elif not path.is_file():
            raise ParameterError(f"{str(path)!r}: no such file or folder")
        elif path.suffix.lower() not in KINDS:
            raise ParameterError(f"{str(path)!r}: expected a folder, or a file that ends in {', '.join(KINDS)}")
        else:
            yield path


def look(path: Path, defaults: bool = False) -> Looked:
    """Returns: What a file says in 1.x's words, and of programs, if asked to, what they leave to defaults that changed."""
    try:
        if path.stat().st_size > LARGEST:
            return Looked([], None)
        text = path.read_bytes()
    except OSError as fault:
        return Looked([], None, f"cannot be read: {fault.strerror}")
    if not any(word in text for word in WORDS):
        return Looked([], None)
    kind = KINDS[path.suffix.lower()]
    return program.look(text, defaults) if kind == "python" else description.look(text, kind)


def write(path: Path, text: bytes) -> None:
    """Put a file's new text in its place, in one go, with the rights that it had.

    Raises:
        OSError: It cannot be written; the file is as it was.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        os.chmod(name, target.stat().st_mode & 0o7777)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
