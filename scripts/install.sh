#!/usr/bin/env bash
# Installs what is missing on a Debian machine, and says what it did.
#
#   scripts/install.sh run     what `make run` needs: Go, which is yours to install,
#                              and a few Debian packages, libspandsp and a C compiler
#                              among them, for the T.30 engine
#   scripts/install.sh test    what `make test` needs besides: a browser, databases and
#                              other people's OAuth clients to test against
#
# As root it installs; as anybody else it prints the line for sudo and goes on, for
# what is missing may not be needed. When all is there it takes no time.
#
# Versions: Debian's packages (PostgreSQL, Chromium, the Python clients) are those of
# the Debian release; the npm packages are those of acceptance/package-lock.json.
set -euo pipefail
cd "$(dirname "$0")/.."

# The oldest Node.js that the npm packages run on, and the one that is fetched from
# npm where Debian's is older (Debian 12 has 18).
readonly node_needed=20 node_fetched=20.20.2

say() { printf 'install: %s\n' "$*"; }

# have COMMAND: whether there is such a command, wherever it came from.
have() { command -v "$1" >/dev/null; }

# Go is the one thing that is not installed here: Debian 12's is too old to be of use.
check_go() {
  if ! have go; then
    say "Go is missing; get it from https://go.dev/dl/ and put its bin folder into PATH" >&2
    exit 1
  fi
  go env GOVERSION >/dev/null # fails, and says why, where go.mod asks for a newer Go
}

# missing PACKAGE…: those Debian packages that are not installed.
missing() {
  local installed package
  installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    grep -qx "$package installed" <<<"$installed" || printf '%s\n' "$package"
  done
}

# install PACKAGE…: installs those that are missing, or says how to.
install() {
  local wanted
  if ! have dpkg-query; then
    say "this is no Debian; needed are: $*"
    return
  fi
  mapfile -t wanted < <(missing "$@")
  if ((${#wanted[@]} == 0)); then
    return
  fi
  if ((EUID != 0)); then
    say "missing: ${wanted[*]}. Install with:"
    printf '  sudo apt-get install -y --no-install-recommends %s\n' "${wanted[*]}"
    return
  fi
  say "installing ${wanted[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${wanted[@]}" </dev/null >/dev/null
}

# install_node: a Node.js that is new enough. The Makefile looks into .cache first.
install_node() {
  local packages=()
  have node || packages+=(nodejs)
  have npm || packages+=(npm)
  ((${#packages[@]} == 0)) || install "${packages[@]}"
  if ! have node || ! have npm; then
    return # said above
  fi
  if (($(node --print 'process.versions.node.split(".")[0]') >= node_needed)); then
    return
  fi
  local machine
  machine=$(node --print process.arch)
  say "Node.js $(node --version) is too old; fetching $node_fetched from npm"
  npm install --prefix .cache/node --no-audit --no-fund --no-save --ignore-scripts \
    --loglevel=error "node-linux-$machine@$node_fetched"
  ln -sfn "node_modules/node-linux-$machine/bin" .cache/node/bin
}

# install_npm_packages: those of the lock file, when it is newer than what is there.
install_npm_packages() {
  local done=acceptance/node_modules/.package-lock.json
  if [[ -e $done && ! acceptance/package-lock.json -nt $done ]] || ! have npm; then
    return
  fi
  say "installing the npm packages of acceptance/package-lock.json"
  (cd acceptance && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  touch "$done"
}

run_packages=(
  ca-certificates git tzdata
  libspandsp-dev pkg-config # the T.30 engine, for bin/faxmodem
)
test_packages=(
  chromium fonts-noto-cjk                      # the browser, and letters for Japanese pages
  postgresql                                   # started by the tests in a temporary directory
  python3 python3-requests-oauthlib python3-authlib # two OAuth clients
  curl
  libtiff-tools poppler-utils                  # other readers and writers of fax pages
  sip-tester tshark                            # another SIP end, and a reader of captured calls
)

have gcc || run_packages+=(gcc libc6-dev) # for bin/faxmodem, and for the race detector

case "${1:-}" in
run)
  check_go
  install "${run_packages[@]}"
  ;;
test)
  PATH=$PWD/.cache/node/bin:$PATH
  check_go
  install "${run_packages[@]}" "${test_packages[@]}"
  install_node
  install_npm_packages
  ;;
*)
  say "usage: scripts/install.sh run|test" >&2
  exit 2
  ;;
esac
