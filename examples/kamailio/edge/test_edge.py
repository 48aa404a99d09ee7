"""Tests of the parts of the edge that need no Kamailio: `/usr/bin/python3 -m unittest discover examples/kamailio/edge`."""

import json
import os
import sys
import tempfile
import time
import types
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

import handshake
from access_token import Refused, TokenCheck
from enrolment import Enrolment
from introspection import Introspection
from records import records
from signing_keys import KeysOutOfReach, SigningKeys, _read_set
from sip_message import Malformed, Message, address, addresses, credentials

ISSUER = "https://waf-a.localhost:1"
WORLD = {
    "domain": "op.example",
    "audience": "https://ims.op.example",
    "nodes": {},
    "parties": [
        {"id": "A", "issuer": ISSUER, "client_id": "wwsf-a", "wwsf_name": "portal-a.localhost", "entity": ISSUER,
         "origin": "https://portal-a.localhost:2", "jwks_uri": ISSUER + "/jwks",
         "introspection_endpoint": ISSUER + "/introspect", "pool": None},
        {"id": "P1", "issuer": ISSUER, "client_id": "wwsf-p1", "wwsf_name": "portal-p1.localhost", "entity": "portal-p1.localhost",
         "origin": "https://portal-p1.localhost:3", "jwks_uri": ISSUER + "/jwks",
         "introspection_endpoint": "https://waf.localhost:1/introspect", "pool": "P1"},
    ],
    "pools": [{"id": "P1", "members": [
        {"impi": "p1@op.example", "impus": ["sip:p1@op.example"], "class": "identified"},
        {"impi": "p2@op.example", "impus": ["sip:p2@op.example"], "class": "anonymous"}]}],
    "subscribers": [{"impi": "alice@op.example", "grants": ["A"]}, {"impi": "dave@op.example", "grants": []}],
}


class FixedKeys:
    def __init__(self, keys):
        self.keys = keys

    def key(self, jwks_uri, kid):
        return self.keys.get((jwks_uri, kid))


class WithWorld(unittest.TestCase):
    def setUp(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
            json.dump(WORLD, file)
        self.addCleanup(os.unlink, file.name)
        self.enrolment = Enrolment(file.name)


class Tokens(WithWorld):
    def setUp(self):
        super().setUp()
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.check = TokenCheck(self.enrolment, FixedKeys({(ISSUER + "/jwks", "k"): self.key.public_key()}), 2).check

    def token(self, header=None, drop=(), **changes):
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": "alice", "aud": WORLD["audience"], "iat": now, "exp": now + 60, "client_id": "wwsf-a",
                  "impi": "alice@op.example", "impu": ["sip:alice@op.example"], "wwsf": "portal-a.localhost", **changes}
        claims = {name: value for name, value in claims.items() if name not in drop}
        return jwt.encode(claims, self.key, "ES256", {"typ": "at+jwt", "kid": "k", **(header or {})})

    def refused(self, token, status=401):
        with self.assertRaises(Refused) as caught:
            self.check(token)
        self.assertEqual(caught.exception.status, status)
        self.assertFalse(token and token in str(caught.exception))

    def test_a_good_token_gives_its_identities_and_party(self):
        grant = self.check(self.token())
        self.assertEqual((grant.impi, grant.impus, grant.party["id"]), ("alice@op.example", ["sip:alice@op.example"], "A"))

    def test_claims_that_are_wrong_or_missing(self):
        now = int(time.time())
        for change in ({"exp": now - 3}, {"exp": float(now + 60)}, {"exp": "soon"}, {"exp": True}, {"iat": now + 60},
                       {"nbf": now + 60}, {"aud": "https://ims.op.example.evil"}, {"aud": ["x"]}, {"aud": None},
                       {"iss": ISSUER + "/"}, {"impi": ["alice@op.example"]}, {"impi": 'a@op.example", x="'},
                       {"impi": "alice@evil.example"}, {"impu": "sip:alice@op.example"}, {"impu": []}, {"anon": "yes"}):
            with self.subTest(change):
                self.refused(self.token(**change))
        for name in ("exp", "iat", "aud", "iss", "impi", "impu", "client_id", "wwsf"):
            with self.subTest(name):
                self.refused(self.token(drop=[name]))

    def test_a_client_of_the_issuer_that_is_not_enrolled(self):
        self.refused(self.token(client_id="other"), 403)
        self.refused(self.token(wwsf="portal-p1.localhost"), 403)

    def test_headers_and_signatures_that_are_wrong(self):
        for header in ({"typ": "JWT"}, {"kid": "other"}, {"crit": ["x"], "x": 1}):
            with self.subTest(header):
                self.refused(self.token(header))
        good = self.token()
        head, _, signature = good.rpartition(".")
        for token in (head + ".", head, "", good + ".", good + "=", head + "." + "A" * len(signature), f"{head}.{signature[:-2]}",
                      jwt.encode({"iss": ISSUER}, "", "none"), jwt.encode({"iss": ISSUER}, "s", "HS256", {"typ": "at+jwt", "kid": "k"})):
            with self.subTest(token):
                self.refused(token)

    def test_a_member_that_stands_twice(self):
        for old, new in (('{"alg"', '{"kid":"k","alg"'), ('{"iss"', '{"impi":"bob@op.example","iss"')):
            parts = [jwt.utils.base64url_decode(part).decode() for part in self.token().split(".")[:2]]
            self.check(self.signed(parts))
            changed = [part.replace(old, new) for part in parts]
            self.assertNotEqual(parts, changed)
            self.refused(self.signed(changed))

    def signed(self, parts):
        text = b".".join(jwt.utils.base64url_encode(part.encode()) for part in parts)
        algorithm = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
        return (text + b"." + jwt.utils.base64url_encode(algorithm.sign(text, self.key))).decode()


class Asking(WithWorld):
    """Introspection without the wire: `answers` is what each endpoint says."""

    ACTIVE = {"active": True, "iss": ISSUER, "impi": "alice@op.example", "impu": ["sip:alice@op.example"],
              "client_id": "wwsf-a", "wwsf": "portal-a.localhost"}
    OF_A, OF_P1 = ISSUER + "/introspect", "https://waf.localhost:1/introspect"

    def ask(self, token="opaque", origin=None, **answers):
        asking, self.asked = Introspection.__new__(Introspection), []
        asking.enrolment, asking.claims = self.enrolment, TokenCheck(self.enrolment, None, 2)

        def answer(endpoint, _):
            self.asked.append(endpoint)
            said = answers["a" if endpoint == self.OF_A else "p1"]
            if isinstance(said, Exception):
                raise said
            return said

        asking._ask = answer
        return asking.check(token, origin)

    def test_the_waf_behind_the_origin_alone_is_asked(self):
        self.assertEqual(self.ask(origin="https://portal-a.localhost:2", a=self.ACTIVE).impi, "alice@op.example")
        self.assertEqual(self.asked, [self.OF_A])

    def test_all_are_asked_without_an_origin(self):
        with self.assertRaises(Refused):
            self.ask(a=None, p1=None)
        self.assertEqual(self.asked, [self.OF_A, self.OF_P1])

    def test_a_waf_speaks_only_for_its_own_parties(self):
        for changes in ({}, {"iss": "https://waf-b.localhost:1"}):
            with self.subTest(changes), self.assertRaises(Refused):
                self.ask(a=None, p1={**self.ACTIVE, **changes})

    def test_what_an_active_answer_tells_must_fit(self):
        for changes in ({"exp": 1}, {"exp": "x"}, {"nbf": int(time.time()) + 60}, {"aud": "https://other"}, {"impi": 7},
                        {"impi": "alice@other.example"}, {"impu": "sip:alice@op.example"}, {"wwsf": "portal-b.localhost"}):
            with self.subTest(changes), self.assertRaises(Refused):
                self.ask(origin="https://portal-a.localhost:2", a={**self.ACTIVE, **changes})

    def test_no_answer_is_no_permission(self):
        with self.assertRaises(KeysOutOfReach):
            self.ask(a=OSError(), p1=None)

    def test_what_is_no_token_is_never_sent_anywhere(self):
        for token in ("", "a b", "a\r\nb", "x" * 16385):
            with self.subTest(token), self.assertRaises(Refused):
                self.ask(token, a=self.ACTIVE)
            self.assertEqual(self.asked, [])


class Entitlement(WithWorld):
    def test_grants_and_pools(self):
        individual, pool = WORLD["parties"]
        cases = [(individual, "alice", False, True), (individual, "alice", True, False), (individual, "dave", False, False),
                 (individual, "p1", False, False), (pool, "p1", False, True), (pool, "p1", True, False),
                 (pool, "p2", True, True), (pool, "p2", False, False), (pool, "alice", False, False)]
        for party, name, anonymous, wanted in cases:
            with self.subTest((party["id"], name, anonymous)):
                found = self.enrolment.entitled(party, f"{name}@op.example", f"sip:{name}@op.example", anonymous)
                self.assertEqual(found, wanted)
        self.assertFalse(self.enrolment.entitled(pool, "p1@op.example", "sip:p2@op.example", False))


class Messages(unittest.TestCase):
    HEAD = "REGISTER sip:op.example SIP/2.0\r\nTo: <sip:a@b>\r\nf: <sip:a@b>;tag=1\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n"

    def test_reads_compact_names_and_values_with_colons(self):
        self.assertEqual(Message(self.HEAD + "\r\n").value("from"), "<sip:a@b>;tag=1")

    def test_what_reads_in_two_ways_is_malformed(self):
        for more in ("t: <sip:b@b>\r\n", "Subject: a\r\n b\r\n", "X: a\nTo: b\r\n", "X: a\rb\r\n", "X : a\r\n", "X: \0\r\n", "X\r\n",
                     "Content-Length: 5\r\n", "Content-Length: -0\r\n", "Authorization: a\r\nauthorization: b\r\n"):
            with self.subTest(more), self.assertRaises(Malformed):
                Message(self.HEAD + more + "\r\n")

    def test_a_first_line_or_cseq_that_is_none_is_malformed(self):
        for before, after in (("SIP/2.0\r", "SIP/2.0 \r"), ("REGISTER sip", "REGISTER  sip"), ("SIP/2.0\r", "SIP/7.0\r"),
                              ("sip:op.example", "<sip:op.example>"), ("1 REGISTER", "1 INVITE"), ("1 REGISTER", "2147483648 REGISTER")):
            with self.subTest(after), self.assertRaises(Malformed):
                Message(self.HEAD.replace(before, after, 1) + "\r\n")
        self.assertEqual(Message(self.HEAD.replace("REGISTER sip:op.example SIP/2.0", "SIP/2.0 200 ", 1) + "\r\n").value("call-id"), "1")

    def test_addresses(self):
        self.assertEqual(address('"sip:bob@b; \\">" <sip:a@b;user=phone>;Tag=1'), ("sip:a@b;user=phone", {"tag": "1"}))
        self.assertEqual(address("sip:a@b;tag=1"), ("sip:a@b", {"tag": "1"}))
        self.assertEqual([uri for uri, _ in addresses(['"x, <y>" <sip:a@b>;q=1, <sip:c@d,e>'])], ["sip:a@b", "sip:c@d,e"])
        for text in ("<sip:a@b> <sip:c@d>", "<sip:a@b>, <sip:c@d>", "<sip:a@b>(x)", "<sip:a b>", "<sip:a@b>;tag=1;TAG=2",
                     '"x <sip:a@b>', ""):
            with self.subTest(text), self.assertRaises(Malformed):
                address(text)

    def test_credentials(self):
        self.assertEqual(credentials('Digest username="a, b", nc=1'), ("digest", {"username": '"a, b"', "nc": "1"}))
        self.assertEqual(credentials("Bearer abc.def"), ("bearer", {None: "abc.def"}))
        with self.assertRaises(Malformed):
            credentials('Digest nc=1, NC=2')


class Records(unittest.TestCase):
    def test_the_registrations_of_a_mark(self):
        line = (" 2(7) NOTICE: {1 wx1qab} <script>: edge: record outcome=accepted impi=a@op.example impu=sip:a@op.example "
                "party=https://waf-a")
        kept = records([line, line.replace("wx1q", "wx11q"), "noise wx1q"], "wx1q")
        self.assertEqual(kept, [{"call_id": "wx1qab", "impi": "a@op.example", "impu": "sip:a@op.example",
                                 "party": "https://waf-a", "outcome": "accepted"}])


class Handshakes(unittest.TestCase):
    GOOD = {"Host": "edge.localhost:5", "Upgrade": "websocket", "Connection": "keep-alive, Upgrade", "Origin": "https://p",
            "Sec-WebSocket-Key": "A" * 22 + "==", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": "chat, sip"}

    def check(self, line="GET / HTTP/1.1", server_name="edge.localhost", **changes):
        fields = {**self.GOOD, **{name.replace("_", "-"): value for name, value in changes.items()}}
        text = "\r\n".join([line, *(f"{name}: {value}" for name, value in fields.items() if value is not None)]) + "\r\n\r\n"
        handshake.check(text, "edge.localhost:5", server_name, {"https://p"})

    def test_good_ones(self):
        self.check()
        self.check(Origin=None)
        self.check(server_name=None)

    def test_bad_ones(self):
        for changes in ({"line": "GET /?a HTTP/1.1"}, {"line": "POST / HTTP/1.1"}, {"server_name": "x"}, {"Host": "x"}, {"Host": None},
                        {"Origin": "https://p.evil"}, {"Origin": "null"}, {"Sec_WebSocket_Protocol": "xsip"}, {"Upgrade": "h2c"},
                        {"Sec_WebSocket_Protocol": None}, {"Sec_WebSocket_Key": "x"}, {"origin": "https://p"}):
            with self.subTest(changes), self.assertRaises((Refused, Malformed)):
                self.check(**changes)


class KeySets(unittest.TestCase):
    def test_only_usable_keys_whose_kid_is_their_own(self):
        key = self.plain_key()
        keys = [{**key, "kid": "a"}, {**key, "kid": "b"}, {**key, "kid": "b"}, {**key, "kid": "c", "use": "enc"},
                {**key, "kid": "d", "alg": "ES384"}, {**key, "kid": "e", "d": "x"}, key, 7, {**key, "kid": []}]
        self.assertEqual(list(_read_set(json.dumps({"keys": keys}))), ["a"])

    def plain_key(self):
        numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
        encode = lambda number: jwt.utils.base64url_encode(number.to_bytes(32, "big")).decode()
        return {"kty": "EC", "crv": "P-256", "x": encode(numbers.x), "y": encode(numbers.y)}

    def test_what_is_no_key_set(self):
        for body in ("[]", '{"keys": {}}', "{}", "x"):
            with self.subTest(body), self.assertRaises(ValueError):
                _read_set(body)

    def test_unknown_keys_are_asked_for_at_most_once_a_pause(self):
        keys, asked = SigningKeys.__new__(SigningKeys), []
        keys.life, keys.pause, keys.sets = 60, 60, {}
        keys.nodes = types.SimpleNamespace(ask=lambda method, uri, headers: asked.append(uri) or b'{"keys": []}')
        self.assertEqual([keys.key("u", kid) for kid in "abc"], [None] * 3)
        self.assertEqual(asked, ["u"])


if __name__ == "__main__":
    unittest.main()
