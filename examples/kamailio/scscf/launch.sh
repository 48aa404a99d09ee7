#!/bin/sh
# Starts Kamailio as an S-CSCF in the foreground, and a small HSS beside it. The bed comes in WICHECK_WORLD, WICHECK_OUT and
# WICHECK_CORE_MW. Ends on SIGTERM; needs no root.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
: "${WICHECK_WORLD:?}" "${WICHECK_CORE_MW:?}"
umask 077
mkdir -p "${WICHECK_OUT:?}"
run=$(mktemp -d "$(cd "$WICHECK_OUT" && pwd)/kamailio-scscf.XXXXXX")
# Debian's own interpreter: it is the one inside app_python3.
python=/usr/bin/python3
PYTHONDONTWRITEBYTECODE=1
CORE_CONFIGURATION=$run/core.json
export PYTHONDONTWRITEBYTECODE CORE_CONFIGURATION
"$python" "$here/configure_core.py" "$run"
# In subshells, so that they are nobody's children: Kamailio ends when a child of its own does. Both end with this process.
(PYTHONPATH=/opt/kamailio-hss "$python" "$here/hss.py" "$run/core.json" $$ >"$run/hss.log" 2>&1 &)
("$python" "$here/await_ready.py" "$run/core.json" $$ &)
echo "kamailio logs to $run/kamailio.log"
exec /usr/sbin/kamailio -DD --atexit=no -f "$run/kamailio.cfg" -Y "$run" -w "$run" -m 256 -M 16 >"$run/kamailio.log" 2>&1
