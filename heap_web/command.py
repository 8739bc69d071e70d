"""The `heap-web` command: what is for servers, or one line that says what to install."""

import sys


def main() -> int:
    """Runs the command; gives its exit code."""
    try:
        from heap_web.cloud.cli import main as run
    except ImportError as error:
        print(f"heap-web needs {error.name or error}: pip install 'heap-web[cloud]'", file=sys.stderr)
        return 2
    return run()
