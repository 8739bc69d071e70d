"""Tests in real browsers, through the built bundle."""
