"""Hostile values, each by its seed and number: hundreds in an ordinary run, hundreds of thousands in the long one."""
