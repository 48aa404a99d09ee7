"""The signing keys of the WAFs, fetched from their JWKS over checked TLS and cached per JWKS address."""

import json
import re
import time

from jwt.algorithms import ECAlgorithm

from known_nodes import TROUBLE, KnownNodes

ACCEPTED = {"Accept": "application/jwk-set+json, application/json"}


class KeysOutOfReach(Exception):
    """The key set could not be had: no connection, a certificate that does not check, no readable answer."""


class _Set:
    def __init__(self):
        self.keys = {}
        self.fetched = None
        self.tried = None


class SigningKeys:
    """Keys by JWKS address and kid. `life`: seconds a fetched set counts; `pause`: least seconds between two tries."""

    def __init__(self, roots, address_of, life, pause=1.0, timeout=1.0):
        self.nodes = KnownNodes(roots, address_of, timeout)
        self.life, self.pause = life, pause
        self.sets = {}

    def key(self, jwks_uri, kid):
        """The key of that kid, or None if the set does not have it. Raises KeysOutOfReach."""
        known = self.sets.setdefault(jwks_uri, _Set())
        fresh = known.fetched is not None and time.monotonic() - known.fetched < self.life
        if fresh and kid in known.keys:
            return known.keys[kid]
        if known.tried is None or time.monotonic() - known.tried >= self.pause:
            self._refetch(jwks_uri, known)
        elif not fresh:
            raise KeysOutOfReach("the last try is too recent")
        return known.keys.get(kid)

    def _refetch(self, jwks_uri, known):
        try:
            keys = _read_set(self.nodes.ask("GET", jwks_uri, ACCEPTED))
        except TROUBLE as error:
            raise KeysOutOfReach(f"{type(error).__name__}: {error}") from error
        finally:
            known.tried = time.monotonic()
        known.keys, known.fetched = keys, time.monotonic()


def _read_set(body):
    """The usable ES256 keys of a set by kid; a kid that stands twice is nobody's."""
    document = json.loads(body)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a key set")
    kids = [entry.get("kid") for entry in entries if isinstance(entry, dict)]
    return {
        entry["kid"]: ECAlgorithm.from_jwk(json.dumps(entry))
        for entry in entries
        if _usable(entry) and kids.count(entry["kid"]) == 1
    }


def _usable(entry):
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("kid"), str)
        and (entry.get("kty"), entry.get("crv")) == ("EC", "P-256")
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", "ES256") == "ES256"
        and "d" not in entry
        and all(re.fullmatch(r"[A-Za-z0-9_-]{43}", str(entry.get(axis))) for axis in "xy")
    )
