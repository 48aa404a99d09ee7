"""Checks the HTTP request that opens W2, before Kamailio's websocket module sees it.

That module searches for words ("sip" anywhere in the subprotocols) and does not look at path, Host or Origin.
"""

import re

from access_token import Refused
from sip_message import Malformed

EXACTLY_ONCE = ("host", "upgrade", "sec-websocket-key", "sec-websocket-version")


def check(text, host, server_name, origins):
    """Raises Refused with an HTTP status. `host`: HOST:PORT of W2; `server_name`: the SNI, or None."""
    lines = text.partition("\r\n\r\n")[0].split("\r\n")
    fields = [_field(line) for line in lines[1:]]
    if not re.fullmatch(r"GET / HTTP/1\.1", lines[0]):
        raise Refused(404, "not GET / (a query is not taken either)")
    if any(len(_values(fields, name)) != 1 for name in EXACTLY_ONCE):
        raise Malformed("a field of the handshake not exactly once")
    name = host.partition(":")[0]
    if _values(fields, "host")[0].lower() != host or server_name not in (None, name):
        raise Refused(421, "Host or server name is not ours")
    origin = _values(fields, "origin")
    if origin and (len(origin) > 1 or origin[0] not in origins):
        raise Refused(403, "Origin not enrolled")
    if _values(fields, "upgrade")[0].lower() != "websocket" or "upgrade" not in _words(fields, "connection", str.lower):
        raise Malformed("no upgrade to WebSocket")
    if "sip" not in _words(fields, "sec-websocket-protocol", str):
        raise Malformed("subprotocol sip not offered")
    if not re.fullmatch(r"[A-Za-z0-9+/]{22}==", _values(fields, "sec-websocket-key")[0]):
        raise Malformed("key of the handshake")


def _field(line):
    name, colon, value = line.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z0-9\-_]+", name):
        raise Malformed("line that is no header field")
    return name.lower(), value.strip(" \t")


def _values(fields, name):
    return [value for field, value in fields if field == name]


def _words(fields, name, fold):
    return {fold(word.strip(" \t")) for value in _values(fields, name) for word in value.split(",")}
