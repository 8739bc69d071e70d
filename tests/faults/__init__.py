"""Faults, one test each in real browsers: nothing lost, nothing doubled, nothing thrown into the page."""
