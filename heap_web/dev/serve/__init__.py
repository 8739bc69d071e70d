"""build.py serve: the demo shop, and a server that plays Heap."""
