#!/bin/sh
# Installs what the launch scripts need on Debian 12 (bookworm): Kamailio 5.6.3, the libraries of its Python, and for the
# HSS of scscf/ a Diameter library from PyPI, in a folder of its own.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends kamailio kamailio-tls-modules kamailio-websocket-modules \
  kamailio-python3-modules kamailio-extra-modules kamailio-ims-modules kamailio-presence-modules \
  python3 python3-jwt python3-cryptography python3-pip
/usr/bin/python3 -m pip install --quiet --root-user-action=ignore --upgrade --target /opt/kamailio-hss python-diameter==0.9.0
