#!/usr/bin/python3
"""What the edge keeps of registrations: the hook `evidence`, one JSON object on stdin, answered from Kamailio's log.

A line of the log stands for one request and how it ended; its prefix has the Call-ID (log_prefix in kamailio.cfg).
"""

import glob
import json
import os
import re
import sys

LINE = re.compile(r"\{\S+ (?P<call_id>\S+)\} .*(?:edge|core): record outcome=(?P<outcome>\w+) impi=(?P<impi>\S+) impu=(?P<impu>\S+) party=(?P<party>\S+)")


def records(lines, mark):
    """The records of the registrations whose Call-ID contains the mark."""
    found = (LINE.search(line) for line in lines)
    return [each.groupdict() for each in found if each and mark in each["call_id"]]


def main():
    asked, kept = json.load(sys.stdin), []
    for path in glob.glob(os.path.join(os.environ["WICHECK_OUT"], "kamailio-*", "kamailio.log")):
        with open(path, encoding="utf-8", errors="replace") as log:
            kept += records(log, asked["mark"])
    print(json.dumps({"records": kept}))


if __name__ == "__main__":
    main()
