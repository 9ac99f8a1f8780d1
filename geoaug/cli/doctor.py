"""``geoaug doctor``: what is installed, and whether it works."""

from __future__ import annotations

import argparse
import json

from geoaug.cli.progress import say
from geoaug.doctor import FINDING, NOTE, TOTAL, Item, examine

TITLES = {
    "versions": "Versions",
    "opencv": "OpenCV",
    "quirks": "Odd calls: what OpenCV does with them, and whether geoaug does right",
    "workers": f"Workers: 4 of them, 3 epochs of 12 samples, unseeded: how many distinct pictures of {TOTAL}",
}
SIGNS = {FINDING: "!!", NOTE: "  "}


def run(options: argparse.Namespace) -> int:
    """Print what was seen; 1 if something is wrong."""
    from geoaug import __version__

    items = examine(not options.no_workers, not options.geoaug_only)
    findings = [item for item in items if item.state == FINDING]
    if options.json:
        say(json.dumps({"geoaug": __version__, "findings": len(findings), "items": [item._asdict() for item in items]}))
        return 1 if findings else 0
    say(f"geoaug {__version__}")
    for group, title in TITLES.items():
        own = [item for item in items if item.group == group]
        if own:
            say()
            say(title)
            _print(own)
    say()
    say(f"{len(findings)} finding{'s' if len(findings) != 1 else ''}: {', '.join(item.name for item in findings)}" if findings else "all good")
    return 1 if findings else 0


def _print(items: list[Item]) -> None:
    wide = max(len(item.name) for item in items)
    for item in items:
        say(f" {SIGNS.get(item.state, 'ok')} {item.name:<{wide}}  {item.text}")
