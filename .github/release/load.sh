#!/usr/bin/env bash
# Brings the images and the chart of this folder into a registry, by crane and Helm: load.sh registry.example.com
# Log in before, with `crane auth login` and `helm registry login`.
# CRANE_OPTIONS=--insecure HELM_OPTIONS=--plain-http are for a registry without TLS.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

[[ $# == 1 ]] || { echo "usage: load.sh REGISTRY" >&2; exit 2; }
registry=$1
read -ra crane_options <<< "${CRANE_OPTIONS:-}"
read -ra helm_options <<< "${HELM_OPTIONS:-}"

sha256sum --check --quiet SHA256SUMS
while read -r name target digest; do
    crane push "${crane_options[@]}" "images/$name" "$registry/$target" > /dev/null
    # Complains where the registry does not have it under the digest that the chart names.
    crane manifest "${crane_options[@]}" "$registry/${target%:*}@$digest" > /dev/null
    echo "loaded $registry/$target"
done < images/list
helm push product-catalog-*.tgz "oci://$registry/charts" "${helm_options[@]}"
echo "Install it with --set global.imageRegistry=$registry"
