#!/usr/bin/env bash
# Launcher of nvcc: runs the command line given to it and keeps what ptxas says of registers and
# spills beside the object file, as OBJECT.ptxas. usage: ptxas_report.sh [ccache] nvcc ... -o OBJECT
set -euo pipefail

object=
previous=
for argument in "$@"; do
  [ "$previous" = -o ] && object=$argument
  previous=$argument
done
said=$(mktemp)
trap 'rm -f "$said"' EXIT
status=0
"$@" 2>"$said" || status=$?
report='^ptxas info|^ *[0-9]+ bytes stack frame'
if [ -n "$object" ]; then
  grep -E "$report" "$said" >"$object.ptxas" || true
fi
grep -Ev "$report" "$said" >&2 || true
exit "$status"
