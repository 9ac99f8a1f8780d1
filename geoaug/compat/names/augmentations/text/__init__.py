"""Text: geoaug has no transforms that write it."""
