"""Compositions, bases, boxes, keypoints, files."""
