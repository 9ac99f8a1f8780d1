"""News of releases: geoaug asks no network."""

from __future__ import annotations


def check_for_updates() -> None:
    """Nothing."""
