#!/usr/bin/env bash
# Runs every test that this machine can run. The tests on a cluster, which mostly wait for pods, and then those of the
# chart run in parallel with the others.
#   tests/all.sh [COMMAND...]    the COMMANDs run first, in parallel with the tests on a cluster
# The browser tests run last and alone: Chromium aborts its requests when a container network is created or removed.
# A failure does not stop the other tests, and is reported at the end. Ctrl-C stops all tests once they have cleaned up.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=.venv/bin/python
# A background job of a script ignores SIGINT, and so do all its children; bash cannot change that.
if [[ -n $(trap -p INT) ]]; then
    heed='import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])'
    exec $python -c "$heed" tests/all.sh "$@"
fi

output=$(mktemp -d)
jobs=()
# This lock is held while other tests create and remove containers; the browser tests on the cluster wait for it.
export CATALOG_TEST_NETWORK_LOCK=$output/lock

# Starts a job in its own process group, which can be interrupted: other background jobs of a script ignore SIGINT.
start() {
    set -m
    "$@" < /dev/null &
    set +m
    jobs+=($!)
}

stop() {
    trap '' INT TERM
    for job in "${jobs[@]}"; do kill -INT -- "-$job" 2> /dev/null || true; done
    wait
    rm -r "$output"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

run() {
    local name=$1 begin=$SECONDS ended=passed
    shift
    printf '\n%s: %s\n' "$name" "$*"
    "$@" 2>&1 | tee -i "$output/$name" || ended=FAILED
    echo "$ended in $((SECONDS - begin)) s: $name" >> "$output/summary"
}

on_a_cluster() {
    trap 'exit 130' INT
    {
        run "on a cluster" $python -m pytest tests/e2e tests/skaffold
        run "of the chart" $python -m pytest tests/chart
    } > "$output/beside"
}

without_a_cluster() {
    trap 'exit 130' INT
    exec 9> "$CATALOG_TEST_NETWORK_LOCK"
    $python -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    for command in "$@"; do run "$(basename "$command")" "$command"; done
    run "without a cluster" $python -m pytest --cov --cov-report= tests/{unit,api,system,compose}
}

in_a_browser() {
    trap 'exit 130' INT
    run "in a browser" $python -m pytest --cov --cov-append --cov-report=term tests/browser
}

$python -m coverage erase
start without_a_cluster "$@"
start on_a_cluster
wait "${jobs[0]}"
[[ -z $(jobs -r) ]] || echo "Waiting for the tests on a cluster and of the chart, which write to $output/beside."
wait "${jobs[1]}"
cat "$output/beside"
start in_a_browser
wait "${jobs[2]}"

echo
grep -hE '^((FAILED|ERROR) tests/|left out: )' "$output"/*\ * || true
cat "$output/summary"
! grep -q '^FAILED' "$output/summary"
