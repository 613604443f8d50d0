#!/usr/bin/env bash
# Runs every fuzz target of the module for a time, one after the other.
#
#   scripts/fuzz.sh [TIME]     TIME as timeout(1) reads it; 10s when left out
set -euo pipefail
cd "$(dirname "$0")/.."

# The time is up by an interrupt, which ends a target in order. -fuzztime with a duration
# fails now and then without an input that failed (go.dev/issue/75804), and so does an
# interrupt that the target's workers hear of before the target does: --foreground keeps it
# from them.
fuzz() { # PACKAGE TARGET TIME
  go test -c -fuzz . -o "$work/fuzz.test" "$1"
  cd "$1"
  timeout --foreground --preserve-status --signal=INT "$3" "$work/fuzz.test" \
    -test.run '^$' -test.fuzz "^$2\$" -test.fuzzcachedir "$work/$1" </dev/null
}

# Inputs that fail are written to testdata/ of the package, to be fixed and committed.
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
targets=0
while read -r package target; do
  printf 'fuzz: %s %s\n' "$package" "$target"
  (fuzz "$package" "$target" "${1:-10s}")
  targets=$((targets + 1))
done < <(grep --recursive --include='*_test.go' --with-filename --only-matching \
  --exclude-dir=node_modules '^func Fuzz[A-Za-z0-9_]*' . |
  sed -E 's|^(.*)/[^/]*:func (.*)$|\1 \2|' | sort)
printf 'fuzz: %d targets\n' "$targets"
