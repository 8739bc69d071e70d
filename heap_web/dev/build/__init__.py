"""build.py bundle: dist/ from the sources."""
