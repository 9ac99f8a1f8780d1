"""How fast geoaug is beside hand-fused OpenCV and beside Albumentations: ``python -m benchmarks``."""
