"""Writes the files that Kamailio and the HSS are started with: `configure_core.py FOLDER`, the bed from the environment."""

import json
import os
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "edge")]

import provisioning
from configure import endpoint, write  # the edge's


def main():
    folder = sys.argv[1]
    world_folder = os.path.abspath(os.environ["WICHECK_WORLD"])
    world, subscriptions, trusted = (
        read(os.path.join(world_folder, name)) for name in ("world.json", "core/subscribers.json", "core/trusted.json"))
    address, port = endpoint(world, os.environ["WICHECK_CORE_MW"])
    name = f"{world['nodes']['core']['name']}:{port}"
    settings = {
        "domain": world["domain"],
        "trusted": trusted,
        "database": os.path.join(os.path.abspath(os.environ["WICHECK_OUT"]), "hss.json"),
        "mw": [address, port],
        # Diameter names that are addresses: neither side needs a resolver.
        "scscf_name": address,
        "hss_name": "127.0.0.42",
        "hss_port": free_port("127.0.0.42"),
    }
    provisioning.write(settings["database"], {"subscriptions": subscriptions, "off": []})
    words = {
        "MW_UDP": f"udp:{address}:{port}",
        "MW_TCP": f"tcp:{address}:{port}",
        "MW_NAME": name,
        "EDGE_NAME": world["nodes"]["ep-cscf"]["name"],
        "EDGE_IP": world["nodes"]["ep-cscf"]["address"],
        "SCSCF_URI": f"sip:{name}",
        "HOME_DOMAIN": world["domain"],
        "CDP_CONFIG": os.path.join(folder, "cdp.xml"),
        "POLICY_PY": os.path.join(HERE, "policy.py"),
    }
    write(folder, "bed.cfg", "".join(f'#!substdef "~{word}~{value}~g"\n' for word, value in words.items()))
    write(folder, "kamailio.cfg", f'include_file "{folder}/bed.cfg"\ninclude_file "{HERE}/kamailio.cfg"\n')
    write(folder, "cdp.xml", cdp(settings))
    write(folder, "core.json", json.dumps(settings, indent=1))


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def free_port(address):
    """A port that is free now; the HSS takes it in a moment."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def cdp(settings):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<DiameterPeer FQDN="{settings['scscf_name']}" Realm="{settings['domain']}" Vendor_Id="10415" Product_Name="CDiameterPeer"
	AcceptUnknownPeers="0" DropUnknownOnDisconnect="1" Tc="1" Workers="4" QueueLength="64" ConnectTimeout="2"
	TransactionTimeout="2" SessionsHashSize="128" DefaultAuthSessionTimeout="3600" MaxAuthSessionTimeout="3600">
	<Peer FQDN="{settings['hss_name']}" Realm="{settings['domain']}" port="{settings['hss_port']}"/>
	<Auth id="16777216" vendor="10415"/>
	<SupportedVendor vendor="10415"/>
	<DefaultRoute FQDN="{settings['hss_name']}" metric="10"/>
</DiameterPeer>
"""


if __name__ == "__main__":
    main()
