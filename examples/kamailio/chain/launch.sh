#!/bin/sh
# Starts both Kamailios, the careful edge and the S-CSCF with its HSS, in the foreground; prints `chain ready` when both are.
# The bed comes in the environment, as for each. Ends on SIGTERM or when one of them ends; needs no root.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p "${WICHECK_OUT:?}"
out=$(mktemp -d "$(cd "$WICHECK_OUT" && pwd)/chain.XXXXXX")
"$here/../scscf/launch.sh" >"$out/core" 2>&1 &
core=$!
"$here/../launch.sh" careful >"$out/edge" 2>&1 &
edge=$!
trap 'kill "$core" "$edge" 2>/dev/null' EXIT
trap 'exit 0' TERM INT
ready=
while kill -0 "$core" 2>/dev/null && kill -0 "$edge" 2>/dev/null; do
  if [ -z "$ready" ] && grep -q 'core ready' "$out/core" && grep -q 'kamailio ready' "$out/edge"; then
    ready=yes
    cat "$out/core" "$out/edge"
    echo "chain ready"
  fi
  sleep 0.2
done
exit 1
