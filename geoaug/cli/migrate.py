"""``geoaug migrate``: one line a finding."""

from __future__ import annotations

import argparse

from geoaug.cli.progress import complain, say
from geoaug.coco.plural import counted
from geoaug.migrate import tree


def run(options: argparse.Namespace) -> int:
    """Print all findings on stdout, and rewrite if asked to; 1 if any is left, 3 if a file could not be read."""
    found = left = unread = looked_at = rewritten = 0
    for path in tree.files(options.paths):
        looked = tree.look(path, options.defaults)
        looked_at += 1
        if looked.problem:
            complain(f"geoaug: {path}: {looked.problem}")
            unread += 1
        done = options.write and looked.rewritten is not None
        if done:
            assert looked.rewritten is not None
            tree.write(path, looked.rewritten)
            rewritten += 1
        for line, column, told, safe in looked.findings:
            note = ("rewritten" if done else "can be rewritten") if safe and looked.rewritten is not None else "by hand"
            say(f"{path}:{line}:{column}: {told} [{note}]")
            found += 1
            left += not (done and safe)
    files = counted(looked_at, "file")
    tail = f", {counted(rewritten, 'file')} rewritten, {left} left" if options.write else ""
    say(f"{files}: {counted(found, 'finding') if found else 'no findings'}{tail}")
    return 3 if unread else 1 if left else 0
