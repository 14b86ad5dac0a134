#!/usr/bin/env bash
# Makes this machine ready: Java 17, Maven, Python 3.11, and .venv with the pinned packages and our parts (arguments).
# As root on Debian or Ubuntu it installs what the system lacks, and says so; elsewhere it names the command.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }

find_python() {
  local candidate
  for candidate in "${PYTHON3_11:-python3.11}" /usr/bin/python3.11; do
    # A shim may be there without its interpreter, and Debian ships venv apart.
    if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}

java_major() {
  java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' || true
}

missing=()
[ -n "$(find_python)" ] || missing+=(python3.11 python3.11-venv)
[ "$(java_major)" = 17 ] || missing+=(openjdk-17-jre-headless)
command -v mvn >/dev/null || missing+=(maven)

if [ "${#missing[@]}" -gt 0 ]; then
  install="apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing system packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    $install -qq >/dev/null
  elif command -v apt-get >/dev/null; then
    say "missing: ${missing[*]}. Install them with: sudo apt-get update && sudo $install" >&2
    exit 1
  else
    say "missing: ${missing[*]} (Debian's names). Install a Python 3.11 with venv, a Java 17 and Maven with your system's packages." >&2
    exit 1
  fi
fi

if [ "$(java_major)" != 17 ]; then
  say "java is version $(java_major), 17 is needed (Cassandra 5.0 runs on nothing newer). Choose it with: update-alternatives --config java" >&2
  exit 1
fi
python=$(find_python)
if [ -z "$python" ]; then
  say "no Python 3.11 with venv was found, name one with: make setup PYTHON3_11=/path/to/python3.11" >&2
  exit 1
fi

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
  say "creating .venv with $python"
  "$python" -m venv --clear .venv
fi
uv_version=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements-bootstrap.txt)
if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$uv_version" ]; then
  say "installing uv $uv_version"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.txt
fi

say "installing the pinned packages"
.venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes requirements-dev.txt
editable=()
for part in "$@"; do editable+=(-e "$part"); done
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation "${editable[@]}"
say "ready"
