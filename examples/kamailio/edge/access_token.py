"""Checks an access token of a WAF and tells which identities it stands for.

The order matters: nothing is fetched for an issuer that is not enrolled, and no claim is used before the signature was
checked with a key of just that issuer.
"""

import base64
import json
import re
import time

from jwt.algorithms import ECAlgorithm

LARGEST_TOKEN = 16384
COMPACT_JWS = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
MOST_IDENTITIES = 64


class Refused(Exception):
    """The token is not good. `status` is the SIP status that says so; the text never holds the token.
    `grant` is what a token says that is refused although its WAF signed it, for the record."""

    grant = None

    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


class Grant:
    """What a good token says: the party that vouches, the IMPI, the IMPUs, and whether the user is anonymous."""

    def __init__(self, party, impi, impus, anonymous):
        self.party, self.impi, self.impus, self.anonymous = party, impi, impus, anonymous


class TokenCheck:
    """The check itself. `skew`: seconds by which the WAF's clock may differ."""

    def __init__(self, enrolment, keys, skew):
        self.enrolment, self.keys, self.skew = enrolment, keys, skew
        self.es256 = ECAlgorithm(ECAlgorithm.SHA256)

    def check(self, token):
        """The Grant of a good token. Raises Refused, or KeysOutOfReach."""
        match = COMPACT_JWS.fullmatch(token) if len(token) <= LARGEST_TOKEN else None
        if not match:
            raise Refused(401, "not a signed token")
        kid = _kid(_object(match.group(1)))
        claims = _object(match.group(2))
        parties = self.enrolment.parties_of(_text(claims, "iss"))
        if not parties:
            raise Refused(401, "issuer not enrolled")
        key = self.keys.key(parties[0]["jwks_uri"], kid)
        signed = token[: match.end(2)].encode("ascii")
        if key is None or not self.es256.verify(signed, key, _bytes(match.group(3))):
            raise Refused(401, "signature")
        grant = self._grant(parties, claims)
        try:
            self._check_audience(claims)
            self._check_times(claims)
        except Refused as refusal:
            refusal.grant = grant
            raise
        return grant

    def active(self, members, parties):
        """The Grant of what a WAF says of an active token; `parties` are those behind the WAF that was asked."""
        if members.get("iss", parties[0]["issuer"]) not in {party["issuer"] for party in parties}:
            raise Refused(401, "the answer is not of this WAF")
        if "aud" in members:
            self._check_audience(members)
        # RFC 7662 leaves times to the WAF that said "active"; those that it tells must fit all the same.
        now = int(time.time())
        self._check_times({"exp": now + 1, "iat": now, **members})
        return self._grant(parties, members)

    def _check_audience(self, claims):
        audience = claims.get("aud")
        if self.enrolment.world()["audience"] not in (audience if isinstance(audience, list) else [audience]):
            raise Refused(401, "audience")

    def _check_times(self, claims):
        now = time.time()
        if _seconds(claims, "exp") + self.skew <= now:
            raise Refused(401, "expired")
        if _seconds(claims, "iat") - self.skew > now:
            raise Refused(401, "issued in the future")
        if "nbf" in claims and _seconds(claims, "nbf") - self.skew > now:
            raise Refused(401, "not valid yet")

    def _grant(self, parties, claims):
        impi, impus, anonymous = claims.get("impi"), claims.get("impu"), claims.get("anon", False)
        if not isinstance(impi, str) or not self.enrolment.is_impi(impi):
            raise Refused(401, "impi")
        if not isinstance(impus, list) or not 0 < len(impus) <= MOST_IDENTITIES:
            raise Refused(401, "impu")
        if not all(isinstance(impu, str) and re.fullmatch(r"(?:sips?|tel):[!-~]+", impu) for impu in impus):
            raise Refused(401, "impu")
        if not isinstance(anonymous, bool):
            raise Refused(401, "anon")
        client, wwsf = _text(claims, "client_id"), _text(claims, "wwsf")
        for party in parties:
            if (party["client_id"], party["wwsf_name"]) == (client, wwsf):
                return Grant(party, impi, impus, anonymous)
        raise Refused(403, "client or WWSF not enrolled with this issuer")


def _kid(header):
    """The kid of an acceptable header. Keys or addresses of keys that a header brings along are never looked at."""
    if header.get("alg") != "ES256" or "crit" in header or "b64" in header:
        raise Refused(401, "algorithm or extension")
    if _text(header, "typ").lower() not in ("at+jwt", "application/at+jwt"):
        raise Refused(401, "not an access token")
    return _text(header, "kid")


def _object(part):
    try:
        return read_object(_bytes(part))
    except (ValueError, RecursionError):
        raise Refused(401, "not a JSON object, or a member twice") from None


def read_object(octets):
    """A JSON object in which no member stands twice. Raises ValueError or RecursionError."""
    value = json.loads(octets.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _once(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _no_constant(_):
    raise ValueError("not a JSON number")


def _bytes(part):
    """Decodes base64url, and only its one canonical spelling."""
    try:
        value = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise Refused(401, "not base64url") from None
    if base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii") != part:
        raise Refused(401, "not canonical base64url")
    return value


def _text(members, name):
    value = members.get(name)
    if not isinstance(value, str):
        raise Refused(401, f"{name} is no text")
    return value


def _seconds(claims, name):
    value = claims.get(name)
    if type(value) is not int or not 0 < value < 1 << 53:
        raise Refused(401, f"{name} is no time")
    return value
