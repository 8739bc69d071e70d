"""The bench: heap_web and its peers measured in one run, in real browsers, under one server."""
