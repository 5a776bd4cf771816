#!/usr/bin/env bash
# run.sh SCRIPT ARGUMENT...: runs a test on the cluster, in a folder that disappears with it.
set -euo pipefail
folder=$(mktemp --directory /var/tmp/yates-slurm-XXXXXX)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$1")
shift

timeout --kill-after=5 "${CLUSTER_TIMEOUT-500}" "$(dirname "$0")/cluster.sh" "$folder" "$script" "$@"
