#!/bin/sh
# Installs what launch.sh needs on Debian 12 (bookworm): Kamailio 5.6.3 and the libraries of its Python.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends kamailio kamailio-tls-modules kamailio-websocket-modules \
  kamailio-python3-modules kamailio-extra-modules python3 python3-jwt python3-cryptography
