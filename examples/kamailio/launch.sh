#!/bin/sh
# Starts Kamailio as an eP-CSCF in the foreground: `launch.sh careful|introspecting|careless`. The bed comes in WICHECK_WORLD,
# WICHECK_OUT, WICHECK_EP_CSCF_W2, WICHECK_EP_CSCF_MW and WICHECK_CORE_MW. Ends on SIGTERM; needs no root.
set -eu
variant=${1:?careful, introspecting or careless}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
: "${WICHECK_WORLD:?}" "${WICHECK_EP_CSCF_W2:?}" "${WICHECK_EP_CSCF_MW:?}" "${WICHECK_CORE_MW:?}"
umask 077
mkdir -p "${WICHECK_OUT:?}"
run=$(mktemp -d "$(cd "$WICHECK_OUT" && pwd)/kamailio-$variant.XXXXXX")
# Debian's own interpreter: it is the one inside app_python3, with Debian's python3-jwt.
python=/usr/bin/python3
PYTHONDONTWRITEBYTECODE=1
EDGE_CONFIGURATION=$run/edge.json
export PYTHONDONTWRITEBYTECODE EDGE_CONFIGURATION
"$python" "$here/edge/configure.py" "$variant" "$run"
# In a subshell, so that it is nobody's child: Kamailio ends when a child of its own does.
("$python" "$here/edge/await_ready.py" "$run/edge.json" $$ &)
echo "kamailio logs to $run/kamailio.log"
exec /usr/sbin/kamailio -DD --atexit=no -f "$run/kamailio.cfg" -Y "$run" -w "$run" -m 512 -M 16 >"$run/kamailio.log" 2>&1
