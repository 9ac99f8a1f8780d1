"""Spectrograms: geoaug has no transforms of them."""
