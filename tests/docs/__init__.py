"""Tests of the documentation: its code runs, its links lead somewhere."""
