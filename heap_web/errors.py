"""The two exceptions of the package: a setting that is wrong, and a call that cannot be forwarded."""


class ConfigurationError(ValueError):
    """A setting is wrong. The message says what was given, what to pass instead and where to find it."""


class CallError(ValueError):
    """A call cannot be forwarded to Heap (an event without a name, an unknown method). The message says why."""
