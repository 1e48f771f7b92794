#!/bin/sh
# Passes the tests on a machine where nothing was installed by hand.
# usage: tests/run.sh [pytest arguments]; the long proofs: tests/run.sh -m slow
set -eu
cd "$(dirname "$0")/.."

# The real parts that tests run against; where they cannot be installed, those tests skip and say so
# (with CI=true they fail). First those that may come from elsewhere, by their command: COMMAND=PACKAGE.
commands="dpkg=dpkg rpm=rpm node=nodejs ruby=ruby php=php-cli javac=default-jdk-headless go=golang-go
chromium=chromium docker-registry=docker-registry openssl=openssl podman=podman ctr=containerd gpg=gnupg"
packages="python3-venv postgresql libdpkg-perl python3-rpm node-semver php-composer-semver libmaven3-core-java
libcommons-lang3-java"
missing=""
for pair in $commands; do
  command -v "${pair%=*}" >/dev/null 2>&1 || missing="$missing ${pair#*=}"
done
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing for the tests:$missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null 2>&1 || true
    for package in $missing; do
      apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 \
        || echo "could not install $package" >&2
    done
  else
    echo "not there, and not root to install it:$missing" >&2
  fi
fi

extra=dev
. .ci/venv
# Registries to test against come from the Go module proxy, once for each version: crane's, and the
# same with the referrers API, which `crane registry serve` does not switch on.
crane=v0.22.1
if command -v go >/dev/null 2>&1 && [ ! -e ".venv/.crane-$crane" ]; then
  echo "building crane $crane for the tests" >&2
  if GOFLAGS=-mod=mod GOBIN="$PWD/.venv/bin" \
    go install "github.com/google/go-containerregistry/cmd/crane@$crane" >/dev/null 2>&1; then
    touch ".venv/.crane-$crane"
  else
    echo "could not build crane" >&2
  fi
fi
if command -v go >/dev/null 2>&1 && [ ! -e .venv/bin/referrers-registry ]; then
  echo "building a registry with the referrers API for the tests" >&2
  go build -C tests/sbom/referrers_registry -buildvcs=false -o "$PWD/.venv/bin/referrers-registry" . \
    >/dev/null 2>&1 || echo "could not build it" >&2
fi
if [ $# -eq 0 ]; then
  ruff format --check .
  ruff check .
  mypy
  set -- -m "not slow" -n auto --dist worksteal
fi
exec python -m pytest -p no:cacheprovider "$@"
