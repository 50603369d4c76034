#!/usr/bin/env bash
# Runs steps of a release (release.sh) against a registry on this machine that ends with them, and signs with a key
# that does, too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

needed=(docker helm crane)
[[ " $* " != *" sign "* ]] || needed+=(cosign)
missing=()
for program in "${needed[@]}"; do command -v "$program" > /dev/null || missing+=("$program"); done
if [[ ${#missing[@]} != 0 ]]; then
    echo "Not on PATH: ${missing[*]}. crane and cosign can be installed with Go:" >&2
    echo "  go install github.com/google/go-containerregistry/cmd/crane@v0.22.1" >&2
    echo "  go install github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3" >&2
    exit 1
fi

temporary=$(mktemp -d)
port=${RELEASE_PORT:-5050}
crane registry serve --address "127.0.0.1:$port" --disk "$temporary" > "$temporary/log" 2>&1 &
registry=$!
end() {
    kill "$registry"
    rm -rf "$temporary"
    docker image ls --format '{{.Repository}}:{{.Tag}}' "127.0.0.1:$port/*/*" | xargs --no-run-if-empty docker image rm
} > /dev/null
trap end EXIT
until crane catalog "127.0.0.1:$port" > /dev/null 2>&1; do
    kill -0 "$registry" 2> /dev/null || { cat "$temporary/log" >&2; exit 1; }
    sleep 0.1
done

export REGISTRY=127.0.0.1:$port/product-catalog HELM_OPTIONS=--plain-http
# The digest of MySQL's image is that of the registry which the machine has it from, where that can be asked.
export MYSQL=${MYSQL:-docker.io/library/mysql:9.7}
if ! crane digest "$MYSQL" > /dev/null 2>&1; then
    echo "left out: the public digest of $MYSQL, since its registry does not answer; this machine's image is taken" >&2
    docker tag "${MYSQL#docker.io/library/}" "127.0.0.1:$port/library/${MYSQL##*/}"
    export MYSQL=127.0.0.1:$port/library/${MYSQL##*/}
    docker push --quiet "$MYSQL"
fi

if [[ " $* " == *" sign "* ]]; then
    export COSIGN_PASSWORD=
    cosign generate-key-pair --output-key-prefix "$temporary/key" 2> /dev/null
    # Sigstore's transparency log and timestamps are useless for a throw-away key.
    export SIGN="--key $temporary/key.key --use-signing-config=false --tlog-upload=false --allow-http-registry"
    export VERIFY="--key $temporary/key.pub --insecure-ignore-tlog --allow-http-registry"
fi
.github/release/release.sh "$@"
