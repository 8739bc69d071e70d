"""The exceptions of the package: a setting that is wrong, a call that cannot be forwarded, a page that is not there."""


class ConfigurationError(ValueError):
    """A setting is wrong. The message says what was given, what to pass instead and where to find it."""


class CallError(ValueError):
    """A call cannot be forwarded to Heap (an event without a name, an unknown method). The message says why."""


class NoPageError(RuntimeError):
    """No page with heap-web.js took a worker's calls in time. The message says what to do."""
