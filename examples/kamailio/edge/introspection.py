"""Asks the WAFs about a token that says nothing by itself (RFC 7662), over mutual TLS, every time anew."""

import re
import urllib.parse

from access_token import LARGEST_TOKEN, Refused, read_object
from known_nodes import TROUBLE, KnownNodes
from signing_keys import KeysOutOfReach

B64TOKEN = re.compile(r"[A-Za-z0-9._~+/\-]+=*")


class Introspection:
    """The token check of an edge that asks. `claims` is the TokenCheck that judges what an active answer says."""

    def __init__(self, enrolment, claims, roots, certificate, key, timeout=1.0):
        self.enrolment, self.claims = enrolment, claims
        self.nodes = KnownNodes(roots, enrolment.address_of, timeout, (certificate, key))

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
            except TROUBLE as error:
                out_of_reach = error
                continue
            if members is not None:
                return self.claims.active(members, [p for p in parties if p["introspection_endpoint"] == endpoint])
        if out_of_reach is not None:
            raise KeysOutOfReach(f"introspection: {type(out_of_reach).__name__}")
        raise Refused(401, "not active")

    def _ask(self, endpoint, token):
        """The members of an active answer; None for an inactive one."""
        form = urllib.parse.urlencode({"token": token, "token_type_hint": "access_token", "client_id": "ep-cscf"})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        body = self.nodes.ask("POST", endpoint, headers, form)
        members = read_object(body)
        if members.get("active") not in (True, False) or not isinstance(members["active"], bool):
            raise ValueError("active is neither true nor false")
        return members if members["active"] else None
