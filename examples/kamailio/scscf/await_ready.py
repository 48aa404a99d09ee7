"""Prints `core ready` as soon as Mw answers OPTIONS with 200: `await_ready.py CORE_JSON PROCESS_ID`."""

import json
import os
import socket
import sys
import time


def answers(address, port, number):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        probe.settimeout(0.3)
        here = "{}:{}".format(*probe.getsockname())
        probe.sendto(
            f"OPTIONS sip:{address}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKready{number}\r\n"
            f"From: <sip:ready@{here}>;tag=ready\r\nTo: <sip:{address}:{port}>\r\nCall-ID: ready{number}\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 1\r\nContent-Length: 0\r\n\r\n".encode(), (address, port))
        try:
            return probe.recv(4096).startswith(b"SIP/2.0 200 ")
        except OSError:
            return False


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        settings = json.load(file)
    deadline, number = time.monotonic() + 30, 0
    while time.monotonic() < deadline and os.path.exists(f"/proc/{sys.argv[2]}"):
        number += 1
        if answers(*settings["mw"], number):
            print("core ready", flush=True)
            return
        time.sleep(0.1)


if __name__ == "__main__":
    main()
