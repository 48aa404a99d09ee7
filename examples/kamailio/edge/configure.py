"""Writes the files that Kamailio is started with: `configure.py VARIANT FOLDER`, the bed from the environment."""

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# Seconds by which the WAF's clock may differ, and for which a fetched key set counts. Short, so that tests of expiry
# and key rotation need not wait; a network in service would fetch its keys every few minutes.
SKEW = 2
KEY_LIFE = 2


def main():
    variant, folder = sys.argv[1:]
    world_folder = os.path.abspath(os.environ["WICHECK_WORLD"])
    with open(os.path.join(world_folder, "world.json"), encoding="utf-8") as file:
        world = json.load(file)
    w2, mw, core = (endpoint(world, os.environ[name])
                    for name in ("WICHECK_EP_CSCF_W2", "WICHECK_EP_CSCF_MW", "WICHECK_CORE_MW"))
    name = world["nodes"]["ep-cscf"]["name"]
    words = {
        "W2_SOCKET": f"tls:{w2[0]}:{w2[1]}",
        "MW_UDP": f"udp:{mw[0]}:{mw[1]}",
        "MW_TCP": f"tcp:{mw[0]}:{mw[1]}",
        "MW_NAME": f"{name}:{mw[1]}",
        "CORE_IP": core[0],
        "CORE_URI": f"sip:{core[0]}:{core[1]}",
        "VISITED_NETWORK": world["visited_network"],
        "TLS_CONFIG": os.path.join(folder, "tls.cfg"),
        "EDGE_PY": os.path.join(HERE, "edge.py"),
    }
    settings = {
        # A copy, which the operator's hand edits (pool.py).
        "provisioning": os.path.join(os.path.abspath(os.environ["WICHECK_OUT"]), "enrolment.json"),
        "roots": os.path.join(world_folder, "roots.pem"),
        "w2_host": f"{name}:{w2[1]}",
        "w2_address": w2[0],
        "skew": SKEW,
        "key_life": KEY_LIFE,
        "checks_to": variant != "careless",
        "introspects": variant == "introspecting",
        "client_certificate": os.path.join(world_folder, "ep-cscf", "client.pem"),
        "client_key": os.path.join(world_folder, "ep-cscf", "client-key.pem"),
    }
    write(os.path.dirname(settings["provisioning"]), "enrolment.json", json.dumps(world))
    write(folder, "bed.cfg", "".join(f'#!substdef "~{word}~{value}~g"\n' for word, value in words.items()))
    main_file = os.path.join(os.path.dirname(HERE), "kamailio.cfg")
    write(folder, "kamailio.cfg", f'include_file "{folder}/bed.cfg"\ninclude_file "{main_file}"\n')
    write(folder, "tls.cfg", tls(os.path.join(world_folder, "ep-cscf")))
    write(folder, "edge.json", json.dumps(settings, indent=1))


def endpoint(world, text):
    """HOST:PORT with the host as an address; names are those of the world."""
    host, _, port = text.rpartition(":")
    names = {node["name"]: node["address"] for node in world["nodes"].values()}
    return names.get(host, host), int(port)


def tls(folder):
    return f"""[server:default]
method = TLSv1.2+
private_key = {folder}/key.pem
certificate = {folder}/cert.pem
cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20
verify_certificate = no
require_certificate = no

[client:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
"""


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
