#!/usr/bin/env bash
# Every C++ file is as clang-format 14 writes it. usage: check_format.sh [CLANG_FORMAT]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git ls-files '*.cpp' '*.hpp' '*.cu' '*.cuh' | xargs "${1:-clang-format}" --dry-run -Werror
