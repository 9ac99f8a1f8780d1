"""Run the README's two commands as they stand there. Used by ``.ci/run`` in a clean virtual environment."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def commands(text: str) -> list[str]:
    """Returns: The first command of the first two ```sh blocks."""
    return [block.strip() for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)][:2]


def main() -> None:
    """Print each command and run it in the project's folder."""
    for command in commands((ROOT / "README.md").read_text(encoding="utf-8")):
        print(f"$ {command}", flush=True)
        shutil.rmtree(ROOT / "augmented", ignore_errors=True)
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=ROOT, check=False)
        if done.returncode:
            sys.exit(f"the README's command ended with {done.returncode}: {command}")
    shutil.rmtree(ROOT / "augmented", ignore_errors=True)


if __name__ == "__main__":
    main()
