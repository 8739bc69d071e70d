"""A server that answers as no Heap should: too late, a byte at a time, without end, or with something else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Answering = Callable[[socket.socket, threading.Event], None]


@contextmanager
def serving(answer: Answering) -> Iterator[str]:
    """Answers each request by `answer(connection, ended)`, which ends when `ended` is set; gives the base URL."""
    ended = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while _request(connection):
                answer(connection, ended)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(10)
        for thread in threads:
            thread.join(10)


def _request(connection: socket.socket) -> bool:
    """Reads a whole request; False at the end of the connection."""
    content = b""
    while b"\r\n\r\n" not in content:
        chunk = connection.recv(65536)
        if not chunk:
            return False
        content += chunk
    head, _, body = content.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return True


def silent(_: socket.socket, ended: threading.Event) -> None:
    """Never answers."""
    ended.wait()


def dripping(connection: socket.socket, ended: threading.Event) -> None:
    """Answers a byte at a time, without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not ended.wait(0.05):
        connection.sendall(b"x")


def dripping_body(connection: socket.socket, ended: threading.Event) -> None:
    """Answers 200 at once, and then a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not ended.wait(0.05):
        connection.sendall(b"x")


def whole(status: str, body: bytes, *headers: str) -> Answering:
    """Answers with this."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]

    def answer(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    return answer


def huge(connection: socket.socket, ended: threading.Event) -> None:
    """Answers 400 with a body that does not end."""
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not ended.is_set():
        connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
