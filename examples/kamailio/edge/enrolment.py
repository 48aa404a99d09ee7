"""What the operator has enrolled: third parties, pools, subscribers and their grants.

Read from the operator's provisioning file (the public `world.json` of the test bed), and read again when that file
changes, so that a changed pool or grant counts without a restart.
"""

import json
import os
import re


class Enrolment:
    """The enrolled parties and whom each of them may register."""

    def __init__(self, path):
        self.path = path
        self._stamp = None
        self._world = None

    def world(self):
        """The provisioning file as it stands now."""
        status = os.stat(self.path)
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp != self._stamp:
            with open(self.path, encoding="utf-8") as file:
                self._world = json.load(file)
            self._stamp = stamp
        return self._world

    def parties_of(self, issuer):
        """The parties that tokens of this issuer may stand for; empty for an issuer that is not enrolled."""
        return [party for party in self.world()["parties"] if party["issuer"] == issuer]

    def first_issuer(self):
        """The issuer to name in a challenge."""
        return self.world()["parties"][0]["issuer"]

    def origins(self):
        """The web origins from which a WIC may open W2."""
        return {party["origin"] for party in self.world()["parties"]}

    def address_of(self, host):
        """The address of a node of the bed by its name; None for a stranger."""
        for node in self.world()["nodes"].values():
            if node["name"] == host:
                return node["address"]
        return None

    def is_impi(self, impi):
        """Whether this can be an IMPI of the home domain that needs no quoting anywhere."""
        return bool(re.fullmatch(r"[A-Za-z0-9._~\-]{1,128}@" + re.escape(self.world()["domain"]), impi))

    def entitled(self, party, impi, impu, anonymous):
        """Whether this party may register this identity: by its own pool, or by the grant of the subscriber."""
        if party["pool"] is None:
            return not anonymous and self._granted(party, impi)
        return self._in_pool(party["pool"], impi, impu, "anonymous" if anonymous else "identified")

    def _granted(self, party, impi):
        return any(
            party["id"] in subscriber["grants"]
            for subscriber in self.world()["subscribers"]
            if subscriber["impi"] == impi
        )

    def _in_pool(self, pool_id, impi, impu, kind):
        return any(
            member["impi"] == impi and impu in member["impus"] and member["class"] == kind
            for pool in self.world()["pools"]
            if pool["id"] == pool_id
            for member in pool["members"]
        )
