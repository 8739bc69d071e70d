"""An application served from a thread, on a free port of the loopback interface: for tests, the bench and the demo."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

STOPPING = 10.0  # seconds that the server may take to stop


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serves an ASGI application; gives its base URL. The application alone gives answers headers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, log_level="error", access_log=False, lifespan="off", server_header=False, date_header=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="loopback server", daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.01)
            if not thread.is_alive():
                raise RuntimeError("the server did not start")
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(STOPPING)
