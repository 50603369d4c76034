#!/usr/bin/env bash
# Installs add-ons on a kind cluster from their public releases: addons.sh --name CLUSTER ADD-ON...
set -euo pipefail

ingress_nginx=https://raw.githubusercontent.com/kubernetes/ingress-nginx/controller-v1.14.0/deploy/static/provider/kind/deploy.yaml
cert_manager=https://github.com/cert-manager/cert-manager/releases/download/v1.21.2/cert-manager.yaml
metrics_server=https://github.com/kubernetes-sigs/metrics-server/releases/download/v0.9.0/components.yaml
gateway_api=https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.6.3/standard-install.yaml
prometheus_crds=https://github.com/prometheus-operator/prometheus-operator/releases/download/v0.85.0/stripped-down-crds.yaml
envoy_gateway=oci://docker.io/envoyproxy/gateway-helm

usage="usage: addons.sh --name CLUSTER (ingress-nginx|cert-manager|metrics-server|gateway-api|envoy-gateway|prometheus-crds)..."
[[ ${1:-} == --name && $# -ge 3 ]] || { echo "$usage" >&2; exit 2; }
context=kind-$2
kubectl=(kubectl --context "$context")
shift 2

for addon in "$@"; do
    echo "Installing $addon"
    case $addon in
    ingress-nginx)
        "${kubectl[@]}" apply -f "$ingress_nginx"
        "${kubectl[@]}" --namespace ingress-nginx rollout status deployment/ingress-nginx-controller --timeout=5m
        ;;
    cert-manager)
        "${kubectl[@]}" apply -f "$cert_manager"
        "${kubectl[@]}" --namespace cert-manager rollout status deployment/cert-manager-webhook --timeout=5m
        ;;
    metrics-server)
        "${kubectl[@]}" apply -f "$metrics_server"
        # kind's kubelets sign their own certificates.
        "${kubectl[@]}" --namespace kube-system patch deployment metrics-server --type=json \
            --patch='[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--kubelet-insecure-tls"}]'
        "${kubectl[@]}" --namespace kube-system rollout status deployment/metrics-server --timeout=5m
        ;;
    gateway-api)
        "${kubectl[@]}" apply --server-side -f "$gateway_api"
        ;;
    envoy-gateway)
        helm upgrade --install eg "$envoy_gateway" --version v1.9.1 --kube-context "$context" \
            --namespace envoy-gateway-system --create-namespace --wait --timeout 5m
        ;;
    prometheus-crds)
        "${kubectl[@]}" apply --server-side -f "$prometheus_crds"
        ;;
    *)
        echo "$usage" >&2
        exit 2
        ;;
    esac
done
