"""Refuse the network to a Python process, and write down who asked. Python imports this from PYTHONPATH at start-up."""

import os
import sys

LOG = os.environ["AND_NETWORK_LOG"]
ASKING = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
CALLING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
AT_HOME = {"localhost", "127.0.0.1", "::1"}


def refuse(event: str, arguments: tuple) -> None:
    if event in ASKING:
        host = arguments[0]
    elif event in CALLING and isinstance(arguments[1], tuple):  # not a path of a Unix socket
        host = arguments[1][0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if host is not None and host not in AT_HOME:
        with open(LOG, "a") as log:  # noqa: PTH123 - every process pays for what is imported here
            log.write(f"{event} {host} by {' '.join(sys.argv)}\n")
        raise OSError(f"The network is out of bounds in tests: {event} {host}")


sys.addaudithook(refuse)
