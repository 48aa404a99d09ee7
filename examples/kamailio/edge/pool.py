#!/usr/bin/python3
"""The operator's hand at the edge's enrolment: the hook `provision`, one JSON object on stdin."""

import json
import os
import sys


def change(enrolment, asked):
    """Takes an identity out of a pool, or puts it there. Raises KeyError for a pool that is not known."""
    pool = {each["id"]: each for each in enrolment["pools"]}[asked["pool"]]
    pool["members"] = [each for each in pool["members"] if each["impi"] != asked["impi"]]
    if asked["on"]:
        pool["members"].append({"impi": asked["impi"], "impus": asked["impus"], "class": "identified"})


def main():
    path = os.path.join(os.environ["WICHECK_OUT"], "enrolment.json")
    with open(path, encoding="utf-8") as file:
        enrolment = json.load(file)
    try:
        change(enrolment, json.load(sys.stdin))
    except KeyError as error:
        print(json.dumps({"ok": False, "error": f"unknown: {error}"}))
        return
    # In one step, so that the edge never reads half of it.
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(enrolment, file)
    os.replace(path + ".new", path)
    print(json.dumps({"ok": True}))


if __name__ == "__main__":
    main()
