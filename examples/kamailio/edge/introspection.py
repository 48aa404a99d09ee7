"""Asks the WAFs about a token that says nothing by itself (RFC 7662), over mutual TLS, every time anew."""

import http.client
import re
import socket
import ssl
import time
import urllib.parse

from access_token import LARGEST_TOKEN, Refused, read_object
from signing_keys import KeysOutOfReach

LARGEST_ANSWER = 65536
B64TOKEN = re.compile(r"[A-Za-z0-9._~+/\-]+=*")


class Introspection:
    """The token check of an edge that asks. `claims` is the TokenCheck that judges what an active answer says."""

    def __init__(self, enrolment, claims, roots, certificate, key, timeout=1.0):
        self.enrolment, self.claims, self.timeout = enrolment, claims, timeout
        self.context = ssl.create_default_context(cafile=roots)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_cert_chain(certificate, key)

    def check(self, token, origin):
        """The Grant of an active token. Only the WAF behind `origin` is asked, or all if none is known. Raises Refused,
        or KeysOutOfReach when a WAF gave no readable answer and none said "active"."""
        if len(token) > LARGEST_TOKEN or not B64TOKEN.fullmatch(token):
            raise Refused(401, "not a token")
        parties = self.enrolment.world()["parties"]
        asked = [party for party in parties if party["origin"] == origin] or parties
        out_of_reach = None
        for endpoint in dict.fromkeys(party["introspection_endpoint"] for party in asked):
            try:
                members = self._ask(endpoint, token)
            except (OSError, ValueError, RecursionError, http.client.HTTPException) as error:
                out_of_reach = error
                continue
            if members is not None:
                return self.claims.active(members, [p for p in parties if p["introspection_endpoint"] == endpoint])
        if out_of_reach is not None:
            raise KeysOutOfReach(f"introspection: {type(out_of_reach).__name__}")
        raise Refused(401, "not active")

    def _ask(self, endpoint, token):
        """The members of an active answer; None for an inactive one."""
        uri = urllib.parse.urlsplit(endpoint)
        address = self.enrolment.address_of(uri.hostname)
        if uri.scheme != "https" or address is None:
            raise ValueError("no https address of a node that is known")
        form = urllib.parse.urlencode({"token": token, "token_type_hint": "access_token", "client_id": "ep-cscf"})
        connection = http.client.HTTPSConnection(uri.hostname, uri.port or 443, timeout=self.timeout, context=self.context)
        try:
            plain = socket.create_connection((address, uri.port or 443), self.timeout)
            # Head and body are two writes: without this the second waits for the acknowledgement of the first.
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                connection.sock = self.context.wrap_socket(plain, server_hostname=uri.hostname)
            except BaseException:
                plain.close()
                raise
            connection.request("POST", uri.path, form, {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"})
            body = self._body(connection.getresponse())
        finally:
            connection.close()
        members = read_object(body)
        if members.get("active") not in (True, False) or not isinstance(members["active"], bool):
            raise ValueError("active is neither true nor false")
        return members if members["active"] else None

    def _body(self, response):
        if response.status != 200:
            raise ValueError(f"status {response.status}")
        deadline, body = time.monotonic() + self.timeout, b""
        while chunk := response.read1(8192):
            body += chunk
            if len(body) > LARGEST_ANSWER or time.monotonic() > deadline:
                raise ValueError("answer too large or too slow")
        return body
