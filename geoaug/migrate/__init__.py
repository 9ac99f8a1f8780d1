"""Find what changes its meaning since Albumentations 1.x, in programs and in files, and rewrite what can be rewritten safely."""
