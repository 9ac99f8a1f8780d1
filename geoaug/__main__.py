"""``python -m geoaug`` is ``geoaug``."""

from __future__ import annotations

from geoaug.cli.main import main

if __name__ == "__main__":  # worker processes import this module again
    raise SystemExit(main())
