#!/usr/bin/env bash
# Installs the archive of `make bundle` on a kind cluster whose nodes get the catalogue's images from a registry on this
# machine and from nowhere else. `make bundle-check` runs it; it is no part of the tests, since it builds every image.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

name=catalog-airgapped
temporary=$(mktemp -d)
export KUBECONFIG=$temporary/kubeconfig
end() {
    kind delete cluster --name "$name"
    [[ -z ${server:-} ]] || kill "$server"
    rm -rf "$temporary"
}
trap end EXIT

version=$(sed -n 's/^version: //p' charts/product-catalog/Chart.yaml)
tar --extract --gzip --file "build/release/product-catalog-bundle-$version.tar.gz" --directory "$temporary"

kind create cluster --name "$name" --wait 3m --image "$(awk '$1 == "image:" { print $2; exit }' kind-config.yaml)"

# This machine, as the nodes see it.
address=$(docker network inspect kind --format '{{range .IPAM.Config}}{{.Gateway}} {{end}}' | tr ' ' '\n' | grep -m 1 '\.')
registry=$address:5051
crane registry serve --address "$registry" --disk "$temporary" > "$temporary/log" 2>&1 &
server=$!
for node in $(kind get nodes --name "$name"); do
    docker exec --interactive "$node" sh -c "mkdir -p /etc/containerd/certs.d/$registry &&
        cat > /etc/containerd/certs.d/$registry/hosts.toml" <<< "server = \"http://$registry\""
done

CRANE_OPTIONS=--insecure HELM_OPTIONS=--plain-http \
    "$temporary/product-catalog-bundle-$version/load.sh" "$registry"
helm install catalog "oci://$registry/charts/product-catalog" --plain-http --version "$version" \
    --set "global.imageRegistry=$registry" --set replicaCount=1 --set drainSeconds=3 --wait --timeout 10m
helm test catalog

each='{range .items[*]}{range .spec.initContainers[*]}{.image}{"\n"}{end}{range .spec.containers[*]}{.image}{"\n"}{end}{end}'
images=$(kubectl get pods --output jsonpath="$each" | sort -u)
echo "$images"
if grep -v "^$registry/.*@sha256:" <<< "$images"; then
    echo "these images are not from the registry, by digest" >&2
    exit 1
fi
