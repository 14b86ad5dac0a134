"""Whether a part answers, whatever there is at its address."""

import socket
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from gridpulse_platform import free_port, loopback


class _ByPath(BaseHTTPRequestHandler):
    """Answers the status that is its path."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the base class
        pass


@pytest.fixture
def url() -> Generator[str]:
    with HTTPServer(("127.0.0.1", 0), _ByPath) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


@pytest.mark.parametrize(("status", "expected"), [(200, True), (204, False), (307, False), (404, False), (503, False)])
def test_only_200_is_an_answer(url: str, status: int, expected: bool) -> None:
    assert loopback.answers(f"{url}/{status}") is expected


def test_nobody_there_is_no_answer() -> None:
    assert not loopback.answers(f"http://127.0.0.1:{free_port()}/")


@pytest.mark.parametrize("said", [None, b"", b"what?\r\n\r\n"], ids=["nothing", "the end", "not HTTP"])
def test_a_part_that_does_not_speak_is_no_answer(said: bytes | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1024)
                if said is None:
                    connection.recv(1024)  # until the one who asks has had enough
                else:
                    connection.sendall(said)

        speaking = threading.Thread(target=speak)
        speaking.start()
        assert not loopback.answers(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        speaking.join()
