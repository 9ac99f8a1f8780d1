"""Volumes: geoaug moves them slice by slice, and has no transforms of their own."""
