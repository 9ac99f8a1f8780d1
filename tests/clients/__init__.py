"""Set-ups of public programs, written anew from what their documentation says that they do with Albumentations."""
