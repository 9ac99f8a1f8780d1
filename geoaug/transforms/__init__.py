"""Transforms, a room for each kind."""
