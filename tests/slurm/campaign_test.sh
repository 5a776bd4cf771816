#!/usr/bin/env bash
# A study with everything that goes wrong on a cluster; what it does stands in campaign_test.py.
set -euo pipefail
exec "$1" "$(dirname "$0")/campaign_test.py" "$FOLDER"
