#!/usr/bin/env bash
# Runs every fuzz target of the module for a time, one after the other.
#
#   scripts/fuzz.sh [TIME]     TIME as Go writes it; 10s when left out
set -euo pipefail
cd "$(dirname "$0")/.."

# The inputs found live in Go's build cache; those that fail are written to testdata/
# of the package, to be fixed and committed.
targets=0
while read -r package target; do
  printf 'fuzz: %s %s\n' "$package" "$target"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "${1:-10s}" "$package" </dev/null
  targets=$((targets + 1))
done < <(grep --recursive --include='*_test.go' --with-filename --only-matching \
  --exclude-dir=node_modules '^func Fuzz[A-Za-z0-9_]*' . |
  sed -E 's|^(.*)/[^/]*:func (.*)$|\1 \2|' | sort)
printf 'fuzz: %d targets\n' "$targets"
