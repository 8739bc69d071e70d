"""In the place of `ast`: `inspect` and `typing` bring it along, for annotations as text, which nobody asks for.

The real one makes more than a hundred classes, which stay for as long as Python does.
"""


def __getattr__(name: str) -> type:
    """Whatever is asked for while classes are made."""
    if name.startswith("__"):
        raise AttributeError(name)
    return object
