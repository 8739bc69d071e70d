"""Hostile values, each from a seed and its number: hundreds in an ordinary run, hundreds of thousands in the long one."""
