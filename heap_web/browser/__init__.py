"""Python's edge in a page or a worker: encode, hand over, results, events."""
