"""What the HSS's database says: a copy of the bed's subscribers.json that hook.py edits, read again when it changes."""

import json
import os


class Provisioning:
    """Subscriptions, and the third parties that may vouch for each."""

    def __init__(self, path):
        self.path = path
        self._stamp = None
        self._subscriptions, self._off = {}, set()

    def subscription(self, impi):
        """The subscription of a private identity, or None."""
        self._refresh()
        return self._subscriptions.get(impi)

    def may_vouch(self, party, subscription):
        """Whether a third party is on and stands in the subscription's list; an empty list allows nobody."""
        self._refresh()
        return party != "" and party not in self._off and party in subscription["allowed"]

    def _refresh(self):
        status = os.stat(self.path)
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp != self._stamp:
            with open(self.path, encoding="utf-8") as file:
                database = json.load(file)
            self._subscriptions = {each["impi"]: each for each in database["subscriptions"]}
            self._off = set(database["off"])
            self._stamp = stamp


def write(path, database):
    """Replaces the database in one step, so that no reader sees half of it."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(database, file, indent=1)
    os.replace(path + ".new", path)
