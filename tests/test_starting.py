"""Before a server starts: a port that it cannot have is said, one that it has been handed is used."""

import socket
import subprocess
import time
from pathlib import Path

import pytest

from retoma_server.starting import NotReady, check_port
from tests.servers.retoma_server import COMMAND, RetomaServer, free_port


def wait_until_ready(server: RetomaServer, running: "subprocess.Popen[bytes]") -> None:
    """Wait until a server that somebody else started answers."""
    deadline = time.monotonic() + 30
    while not server.ready():
        assert running.poll() is None, server.said()
        assert time.monotonic() < deadline, server.said()
        time.sleep(0.05)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::"])
def test_a_port_that_somebody_listens_on_is_taken(host: str) -> None:
    """At whichever address the server would ask for it: gunicorn's "::" is IPv4 as well."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(NotReady, match=f"^Port {port} of {host} is taken: .* --port"):
            check_port(host, port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7"])
def test_a_host_that_is_none_of_this_machine_is_said_to_be_none(host: str) -> None:
    """Another port would not help."""
    with pytest.raises(NotReady, match=f"^{host} is no address of this machine .* --host"):
        check_port(host, free_port())


def test_a_socket_that_systemd_opened_is_used(tmp_path: Path) -> None:
    """Its port is taken, by this very server (sd_listen_fds(3))."""
    server = RetomaServer(tmp_path)
    # The number of the running instance is known only to itself: a shell tells it, then becomes it.
    script = 'exec env LISTEN_FDS=1 LISTEN_PID=$$ "$0" serve --port "$1" 3<&"$2"'
    with socket.create_server(("127.0.0.1", server.port)) as opened, server.log.open("ab") as log:
        running = subprocess.Popen(
            ["bash", "-c", script, str(COMMAND), str(server.port), str(opened.fileno())],
            env=server.environment,
            pass_fds=[opened.fileno()],
            stdout=log,
            stderr=log,
        )
        try:
            wait_until_ready(server, running)
        finally:
            running.terminate()
            running.wait(timeout=20)


def test_two_servers_of_the_api_share_a_port(tmp_path: Path) -> None:
    """The second starts beside the first, and serves when that one is gone."""
    server = RetomaServer(tmp_path, role="api")
    with server:
        second = server.popen("serve", "--role", "api", "--port", str(server.port))
        try:
            deadline = time.monotonic() + 30
            while listeners(server.port) < 2:
                assert second.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            server.stop()
            wait_until_ready(server, second)
        finally:
            second.terminate()
            second.wait(timeout=20)


def listeners(port: int) -> int:
    """How many sockets listen on a port (Linux)."""
    rows = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    return sum(row.split()[1].endswith(f":{port:04X}") and row.split()[3] == "0A" for row in rows)
