"""`python -m heap_web.dev.bench`: the bench without the build around it."""

import sys

from heap_web.dev.bench.main import main

sys.exit(main(sys.argv[1:]))
