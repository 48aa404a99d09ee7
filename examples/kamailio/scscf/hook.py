#!/usr/bin/python3
"""The operator's hand at the HSS: one JSON object on stdin (the hooks `grant`, `provision` and `party-switch`)."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import provisioning


def change(database, asked):
    """Carries out one hook. Raises KeyError for a subscriber or a hook that is not known."""
    hook, on = asked["hook"], asked["on"]
    if hook == "party-switch":
        database["off"] = [party for party in database["off"] if party != asked["entity"]] + ([] if on else [asked["entity"]])
        return
    subscription = {each["impi"]: each for each in database["subscriptions"]}[asked["impi"]]
    party = {"grant": "entity", "provision": "wwsf"}[hook]
    others = [each for each in subscription["allowed"] if each != asked[party]]
    subscription["allowed"] = others + ([asked[party]] if on else [])
    if hook == "provision":
        subscription["pool"] = asked["pool"] if on else None


def main():
    path = os.path.join(os.environ["WICHECK_OUT"], "hss.json")
    with open(path, encoding="utf-8") as file:
        database = json.load(file)
    try:
        change(database, json.load(sys.stdin))
    except KeyError as error:
        print(json.dumps({"ok": False, "error": f"unknown: {error}"}))
        return
    provisioning.write(path, database)
    print(json.dumps({"ok": True}))


if __name__ == "__main__":
    main()
