#!/bin/sh
# Fails where the contract would break callers of what it was: of its last ten versions and of every release.
set -eu
cd "$(dirname "$0")/.."
if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
  echo "there is no history to compare the contract with: git fetch --unshallow" >&2
  exit 1
fi
git=$(git rev-parse --git-common-dir)
for version in $(git log -10 --format=%H -- proto/decider) $(git tag --list 'v*'); do
  commit=$(git rev-parse "$version^{commit}") # buf finds an old one by its whole id only
  buf breaking proto --against "$git#ref=$commit,subdir=proto" || {
    echo "the contract breaks callers of $version" >&2
    exit 1
  }
done
