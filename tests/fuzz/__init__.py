"""Hostile values by the hundred in the ordinary run, by the hundred thousand in the long one; each from a seed and its number."""
