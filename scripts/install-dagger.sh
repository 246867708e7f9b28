#!/usr/bin/env bash
# install-dagger.sh FOLDER
# Puts the Dagger command into FOLDER (Linux x64) after its archive's SHA-256 was checked; nothing of the archive runs before that.
# Exit status: 0 installed, 2 usage, else the download or the check failed and FOLDER is untouched.
set -euo pipefail

# The command, the engine (dagger.json) and the SDK (package.json) are one version; test/repository/versions.test.ts holds them together.
version=v0.21.8
sha256=53e226c7da8fb75171e58c35759d736d961ce8b3a12db0baa7b7107954fccc5a

[ $# -eq 1 ] || { echo 'usage: install-dagger.sh FOLDER' >&2; exit 2; }
folder=$1
download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
archive="$download/dagger.tar.gz"
curl --fail --silent --show-error --location --proto '=https' --retry 3 --output "$archive" \
  "https://dl.dagger.io/dagger/releases/${version#v}/dagger_${version}_linux_amd64.tar.gz"
echo "$sha256  $archive" | sha256sum --check --quiet -
mkdir -p "$folder"
tar --extract --gzip --file "$archive" --directory "$folder" dagger
"$folder/dagger" version
