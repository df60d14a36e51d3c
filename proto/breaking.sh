#!/bin/sh
# Fails where the contract would break callers of what it was: on main, in its last ten versions, in every release.
set -eu
cd "$(dirname "$0")/.."
git rev-parse --quiet --verify HEAD >/dev/null || {
  echo "there is no commit to compare the contract with" >&2
  exit 1
}
if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
  echo "there is no history to compare the contract with: git fetch --unshallow" >&2
  exit 1
fi
# A branch of many commits is compared with where it left main, too; on main itself that is where origin's main is.
bases() {
  for main in refs/heads/main refs/remotes/origin/main; do
    if git rev-parse --quiet --verify "$main" >/dev/null; then git merge-base HEAD "$main" || true; fi
  done
}
versions="$(bases) $(git log -10 --format=%H -- proto/decider) $(git tag --list 'v*')"
git=$(git rev-parse --git-common-dir)
# The rules are said here, so that no change of buf.yaml can except anything from them.
rules='{"version": "v2", "modules": [{"path": "proto"}], "breaking": {"use": ["FILE"]}}'
for version in $versions; do
  commit=$(git rev-parse "$version^{commit}") # buf finds an old one by its whole id only
  buf breaking --config "$rules" --against "$git#ref=$commit" --against-config "$rules" || {
    echo "the contract breaks callers of $version" >&2
    exit 1
  }
done
