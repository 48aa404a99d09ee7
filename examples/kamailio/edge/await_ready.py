"""Prints `kamailio ready` as soon as W2 answers an HTTP request: `await_ready.py EDGE_JSON PROCESS_ID`."""

import json
import os
import socket
import ssl
import sys
import time


def answers(address, name, port, context):
    try:
        with socket.create_connection((address, port), 1) as plain:
            with context.wrap_socket(plain, server_hostname=name) as tls:
                tls.sendall(f"GET /ready HTTP/1.1\r\nHost: {name}:{port}\r\nContent-Length: 0\r\n\r\n".encode())
                return tls.recv(12).startswith(b"HTTP/1.")
    except OSError:
        return False


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        settings = json.load(file)
    name, _, port = settings["w2_host"].rpartition(":")
    context = ssl.create_default_context(cafile=settings["roots"])
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and os.path.exists(f"/proc/{sys.argv[2]}"):
        if answers(settings["w2_address"], name, int(port), context):
            print("kamailio ready", flush=True)
            return
        time.sleep(0.1)


if __name__ == "__main__":
    main()
