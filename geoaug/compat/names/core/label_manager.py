"""Labels as numbers: geoaug carries the objects of the caller, and needs none."""
