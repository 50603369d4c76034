#!/usr/bin/env bash
# The steps of a release, one or several of them: images, chart, sign, verify, bundle, notes. The workflow runs them
# against ghcr.io; `make release-check` runs the same ones against a registry of its own (check.sh).
# From the environment, in addition to VERSION:
#   REGISTRY        where images and chart go, such as ghcr.io/product-catalog
#   MYSQL           the image of MySQL whose digest the chart pins
#   SIGN, VERIFY    options of cosign, which signs with the workflow's identity unless they name a key
#   HELM_OPTIONS    options of helm push and pull
#   RELEASE_REQUIRE all: fail where this machine cannot do a part, instead of leaving it out
# What they make is in build/release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

: "${REGISTRY:?}" "${VERSION:?}" "${MYSQL:=docker.io/library/mysql:9.7}"
REVISION=$(git rev-parse HEAD)
out=build/release
read -ra sign_options <<< "${SIGN:-}"
read -ra verify_options <<< "${VERIFY:-}"
read -ra helm_options <<< "${HELM_OPTIONS:-}"

left_out() {
    echo "left out: $*" >&2
    [[ ${RELEASE_REQUIRE:-} != all ]] || exit 1
}

# What this machine's builder can do.
builder() {
    local described platform
    described=$(docker buildx inspect --bootstrap)
    platforms=linux/$(docker version --format '{{.Server.Arch}}')
    attestations=(--sbom=true --provenance=mode=max)
    if grep -q '^Driver: *docker$' <<< "$described" && ! docker info | grep -q io.containerd.snapshotter; then
        left_out "other architectures, SBOM and provenance, since Docker's own builder keeps no such images;" \
            "docker buildx create --use makes one that can"
        attestations=()
        return
    fi
    for platform in linux/amd64 linux/arm64; do
        if [[ $platform == "$platforms" ]]; then
            continue
        elif grep -q "$platform" <<< "$described"; then
            platforms+=,$platform
        else
            left_out "$platform, which this machine can neither run nor emulate"
        fi
    done
}

build() {
    local name=$1 dockerfile=$2
    shift 2
    docker buildx build . --file "$dockerfile" --tag "$REGISTRY/$name:$VERSION" --platform "$platforms" --push \
        "${attestations[@]}" --build-arg "VERSION=$VERSION" --build-arg "REVISION=$REVISION" \
        --metadata-file "$out/metadata.json" "$@"
    digest=$(sed -n 's/.*"containerimage.digest": "\(.*\)".*/\1/p' "$out/metadata.json")
    echo "$name $digest" >> "$out/published"
}

images() {
    local name
    rm -rf "$out"
    mkdir -p "$out"
    builder
    build base Dockerfile.base
    local base=$REGISTRY/base@$digest
    for name in add-product read-product display-product; do
        build "$name" "services/${name//-/_}/Dockerfile" --build-arg "BASE=$base"
    done
    build jobs services/cluster_jobs/Dockerfile --build-arg "BASE=$base"
    { grep -v '^base ' "$out/published"; echo "mysql $(crane digest "$MYSQL")"; } > "$out/digests"
    # For how many platforms each image has SBOM and provenance.
    if [[ ${#attestations[@]} == 0 ]]; then echo 0; else tr , '\n' <<< "$platforms" | wc -l; fi > "$out/attested"
}

chart() {
    python3 charts/release.py chart "$out/product-catalog" < "$out/digests"
    helm package "$out/product-catalog" --app-version "$VERSION" --destination "$out"
    helm push "$out/product-catalog-$VERSION.tgz" "oci://$REGISTRY/charts" "${helm_options[@]}" 2>&1 | tee "$out/push"
    awk '$1 == "Digest:" { print "charts/product-catalog", $2 }' "$out/push" >> "$out/published"
}

sign() {
    local name digest
    while read -r name digest; do
        cosign sign --yes "${sign_options[@]}" "$REGISTRY/$name@$digest"
    done < "$out/published"
}

# As someone who has the release's address alone: what verify finds is what a user would get.
verify() {
    local name digest pulled=$out/pulled
    while read -r name digest; do
        cosign verify "${verify_options[@]}" "$REGISTRY/$name:$VERSION" > "$out/verified.json"
        grep -q "\"$digest\"" "$out/verified.json" || { echo "$name:$VERSION is not what was signed" >&2; exit 1; }
        [[ $name == charts/* || $(< "$out/attested") == 0 ]] || attested "$REGISTRY/$name@$digest"
    done < "$out/published"
    rm -rf "$pulled"
    helm pull "oci://$REGISTRY/charts/product-catalog" --version "$VERSION" --untar --untardir "$pulled" \
        "${helm_options[@]}"
    helm show chart "$pulled/product-catalog" | grep -qxE "appVersion: \"?$VERSION\"?"
    if helm template catalog "$pulled/product-catalog" | grep -E '^ +(- )?image:' | grep -v '@sha256:'; then
        echo "the chart does not pin these images" >&2
        exit 1
    fi
    echo "verified: signatures of all images and of the chart, the digests in the chart, and SBOM and provenance of" \
        "each image for $(< "$out/attested") platforms"
}

attested() {
    local kind found expected
    expected=$(< "$out/attested")
    for kind in SBOM:SPDX Provenance:SLSA; do
        found=$(docker buildx imagetools inspect "$1" --format "{{json .${kind%:*}}}")
        found=$(grep -c "^ *\"${kind#*:}\": {" <<< "$found" || true)
        [[ $found == "$expected" ]] ||
            { echo "$1 has ${kind%:*} for $found platforms instead of $expected" >&2; exit 1; }
    done
}

# Images as OCI layouts, so that their digests, which the chart names, stay the same in another registry.
bundle() {
    local name digest repository tag source bundle=$out/bundle/product-catalog-bundle-$VERSION
    rm -rf "$out/bundle"
    mkdir -p "$bundle/images"
    cp "$out/product-catalog-$VERSION.tgz" .github/release/load.sh LICENSE "$bundle"
    while read -r name digest; do
        repository=product-catalog/$name tag=$VERSION source=$REGISTRY/$name
        [[ $name != mysql ]] || { repository=library/mysql tag=${MYSQL##*:} source=${MYSQL%:*}; }
        crane pull --format=oci "$source@$digest" "$bundle/images/$name"
        echo "$name $repository:$tag $digest" >> "$bundle/images/list"
    done < "$out/digests"
    share "$bundle"
    (cd "$bundle" && find . -type f -print0 | sort -z | xargs -0 sha256sum) > "$out/SHA256SUMS"
    mv "$out/SHA256SUMS" "$bundle"
    tar --create --gzip --file "$out/product-catalog-bundle-$VERSION.tar.gz" --directory "$out/bundle" \
        --owner=0 --group=0 --sort=name "product-catalog-bundle-$VERSION"
    (cd "$out" && sha256sum product-catalog-*.t*gz > SHA256SUMS)
    ls -lh "$out/product-catalog-bundle-$VERSION.tar.gz"
}

# The images stand on the same base: a layer that several have is one file, and once in the archive.
share() {
    local blob name
    local -A known=()
    for blob in "$1"/images/*/blobs/sha256/*; do
        name=${blob##*/}
        if [[ -n ${known[$name]:-} ]]; then ln --force "${known[$name]}" "$blob"; else known[$name]=$blob; fi
    done
}

notes() {
    python3 charts/release.py notes "$VERSION" > "$out/notes.md"
    cat "$out/notes.md"
}

for step in "$@"; do
    [[ $step =~ ^(images|chart|sign|verify|bundle|notes)$ ]] || { echo "there is no step $step" >&2; exit 2; }
    "$step"
done
