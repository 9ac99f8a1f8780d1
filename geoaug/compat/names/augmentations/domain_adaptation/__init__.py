"""Looks of other pictures: geoaug has no such transforms."""
