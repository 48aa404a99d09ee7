"""HTTPS requests to nodes that the edge knows, within bounds of size and time."""

import http.client
import socket
import ssl
import time
import urllib.parse

LARGEST_ANSWER = 65536
# Whatever a node out of reach or an answer that cannot be read raises.
TROUBLE = (OSError, ValueError, RecursionError, http.client.HTTPException)


class KnownNodes:
    """Certificates are checked against `roots`, for the name in the URL. `address_of` tells a known node's address, or None;
    `identity`, a pair of certificate and key, is shown to whoever asks for one. `timeout`: seconds for each wait, and for the whole body."""

    def __init__(self, roots, address_of, timeout, identity=None):
        self.context = ssl.create_default_context(cafile=roots)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        if identity is not None:
            self.context.load_cert_chain(*identity)
        self.address_of, self.timeout = address_of, timeout

    def ask(self, method, url, headers, content=None):
        """The body of a 200. Raises one of TROUBLE; a redirection is not followed."""
        uri = urllib.parse.urlsplit(url)
        address = self.address_of(uri.hostname)
        if uri.scheme != "https" or address is None:
            raise ValueError("no https address of a node that is known")
        port = uri.port or 443
        connection = http.client.HTTPSConnection(uri.hostname, port, timeout=self.timeout, context=self.context)
        try:
            connection.sock = self._secured(address, port, uri.hostname)
            connection.request(method, uri.path or "/", content, headers)
            return self._body(connection.getresponse())
        finally:
            connection.close()

    def _secured(self, address, port, name):
        plain = socket.create_connection((address, port), self.timeout)
        # Head and body are two writes: without this the second waits for the acknowledgement of the first.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return self.context.wrap_socket(plain, server_hostname=name)
        except BaseException:
            plain.close()
            raise

    def _body(self, response):
        """However slowly it drips, the time is for the whole."""
        if response.status != 200:
            raise ValueError(f"status {response.status}")
        deadline, body = time.monotonic() + self.timeout, b""
        while chunk := response.read1(8192):
            body += chunk
            if len(body) > LARGEST_ANSWER or time.monotonic() > deadline:
                raise ValueError("answer too large or too slow")
        return body
