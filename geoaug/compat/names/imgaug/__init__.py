"""The classes that imgaug was behind: each makes one of today's."""
