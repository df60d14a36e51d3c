#!/bin/sh
# Renders the manifests as `kubectl apply -k` would, and holds them to the schemas of a Kubernetes; needs kubectl and
# kubernetes-validate on the PATH.
set -eu
cd "$(dirname "$0")"
rendered=$(mktemp)
trap 'rm -f "$rendered"' EXIT
for folder in base production; do
  kubectl kustomize "$folder" >"$rendered"
  kubernetes-validate --kubernetes-version 1.37 --strict --quiet "$rendered"
done
