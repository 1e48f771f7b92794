#!/bin/sh
# Runs Lading's main job on a small image: import advisories, scan, decide, write the HTML report.
set -eu
cd "$(dirname "$0")/.."
extra=""
. .ci/venv
out=build/example
rm -rf "$out"
mkdir -p "$out"
export LADING_DB="$out/lading.db"
python examples/make_image.py "$out/image"
lading feeds import examples/advisories --learned 2024-02-01T00:00:00Z
verdict=0
lading scan "oci:$out/image:shop" --policy examples/policy.yaml --vex examples/shop.openvex.json \
  --now 2024-02-01T00:00:00Z -o table -o "html=$out/report.html" || verdict=$?
case $verdict in
  0) echo "The image may go on. The report is $out/report.html" ;;
  1) echo "The image is denied, as it should be. The report is $out/report.html" ;;
  *) exit "$verdict" ;;
esac
