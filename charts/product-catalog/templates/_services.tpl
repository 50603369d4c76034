{{/*
A service's settings beyond those that all have, as YAML, and the secret that it may see. Each takes root.
*/}}
{{- define "product-catalog.add-product.env" -}}
{{ include "product-catalog.databaseEnv" (dict "root" .root "user" .root.Values.database.writerUser "host" .root.Values.externalDatabase.host) }}
CATALOG_DATABASE_POOL_SIZE: {{ .of.databasePoolSize | int | quote }}
CATALOG_IMPORT_MAX_BYTES: {{ .root.Values.importMaxBytes | int64 | quote }}
{{- end }}
{{- define "product-catalog.add-product.secret" -}}
{key: writer-password, file: database-password}
{{- end }}

{{- define "product-catalog.read-product.env" -}}
{{- $host := .root.Values.externalDatabase.readHost | default .root.Values.externalDatabase.host -}}
{{ include "product-catalog.databaseEnv" (dict "root" .root "user" .root.Values.database.readerUser "host" $host) }}
CATALOG_DATABASE_POOL_SIZE: {{ .of.databasePoolSize | int | quote }}
{{- end }}
{{- define "product-catalog.read-product.secret" -}}
{key: reader-password, file: database-password}
{{- end }}

{{- define "product-catalog.display-product.env" -}}
CATALOG_ADD_URL: {{ include "product-catalog.serviceUrl" (dict "root" .root "component" "add-product" "own" .root.Values.addProduct) }}
CATALOG_READ_URL: {{ include "product-catalog.serviceUrl" (dict "root" .root "component" "read-product" "own" .root.Values.readProduct) }}
CATALOG_SECRET_KEY_FILE: /run/secrets/catalog/secret-key
CATALOG_IMPORT_MAX_BYTES: {{ .root.Values.importMaxBytes | int64 | quote }}
{{- with include "product-catalog.publicUrl" .root }}
CATALOG_PUBLIC_URL: {{ . | quote }}
{{- end }}
{{- end }}
{{- define "product-catalog.display-product.secret" -}}
{key: secret-key, file: secret-key}
{{- end }}

{{/*
URL of a service inside the cluster: the bare name of its Service, which is right in every namespace and under every
cluster domain. Takes root, component and own.
*/}}
{{- define "product-catalog.serviceUrl" -}}
{{- $of := mustMergeOverwrite (mustDeepCopy .root.Values) .own -}}
{{- $port := int $of.service.port -}}
http://{{ include "product-catalog.objectName" . }}{{ if ne $port 80 }}:{{ $port }}{{ end }}
{{- end }}

{{/* Address under which people open the pages; empty when nobody said it. */}}
{{- define "product-catalog.publicUrl" -}}
{{- if .Values.publicUrl -}}
{{- .Values.publicUrl -}}
{{- else if and .Values.ingress.enabled .Values.ingress.hosts -}}
{{- $first := first .Values.ingress.hosts -}}
{{- $encrypted := false -}}
{{- range .Values.ingress.tls }}{{ if has $first.host .hosts }}{{ $encrypted = true }}{{ end }}{{ end -}}
{{- $path := (first $first.paths).path | trimSuffix "/" -}}
{{- printf "%s://%s%s" (ternary "https" "http" $encrypted) $first.host $path -}}
{{- else if and .Values.httpRoute.enabled .Values.httpRoute.hostnames -}}
{{- printf "https://%s%s" (first .Values.httpRoute.hostnames) (.Values.httpRoute.path | trimSuffix "/") -}}
{{- end -}}
{{- end }}

{{/* Fewest pods that a service has. Takes the service's values. */}}
{{- define "product-catalog.leastPods" -}}
{{- if .autoscaling.enabled }}{{ int .autoscaling.minReplicas }}{{ else if kindIs "invalid" .replicaCount }}2{{ else }}{{ int .replicaCount }}{{ end -}}
{{- end }}

{{/* The Deployment of a service. Takes root, component and own, which is the service's block of values. */}}
{{- define "product-catalog.deployment" -}}
{{- $of := mustMergeOverwrite (mustDeepCopy .root.Values) .own -}}
{{- $it := dict "root" .root "component" .component "of" $of -}}
{{- $env := dict
    "CATALOG_LISTEN" (printf "%s:8080" .root.Values.listenAddress)
    "CATALOG_METRICS_LISTEN" (printf "%s:9090" .root.Values.listenAddress)
    "CATALOG_WORKERS" (int $of.workers)
    "CATALOG_THREADS" (int $of.threads)
    "CATALOG_KEEPALIVE_SECONDS" (int $of.keepAliveSeconds)
    "CATALOG_DRAIN_SECONDS" (int $of.drainSeconds)
    "CATALOG_LOG_LEVEL" $of.logLevel
    "CATALOG_CURRENCY" .root.Values.currency
-}}
{{- $env = merge $env (include (printf "product-catalog.%s.env" .component) $it | fromYaml) -}}
{{- $secret := include (printf "product-catalog.%s.secret" .component) $it | fromYaml -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "product-catalog.metadata" . | nindent 2 }}
spec:
  {{- if not $of.autoscaling.enabled }}
  replicas: {{ include "product-catalog.leastPods" $of }}
  {{- end }}
  strategy:
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "product-catalog.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      {{- include "product-catalog.podMetadata" $it | nindent 6 }}
    spec:
      {{- include "product-catalog.pod" $it | nindent 6 }}
      serviceAccountName: {{ include "product-catalog.serviceAccountName" $it }}
      automountServiceAccountToken: {{ $of.serviceAccount.automount }}
      terminationGracePeriodSeconds: {{ int $of.terminationGracePeriodSeconds }}
      {{- with $of.topologySpreadConstraints }}
      topologySpreadConstraints:
        {{- range . }}
        - {{ toYaml (merge (dict) . (dict "labelSelector" (dict "matchLabels" (include "product-catalog.selectorLabels" $it | fromYaml)))) | indent 10 | trim }}
        {{- end }}
      {{- end }}
      containers:
        - name: {{ .component }}
          {{- include "product-catalog.ownImage" (dict "root" .root "image" $of.image) | nindent 10 }}
          args: [gunicorn, -c, "python:catalog.server", "{{ .component | replace "-" "_" }}:create_app()"]
          env:
            {{- include "product-catalog.env" (dict "env" $env "extra" $of.extraEnv) | trim | nindent 12 }}
          ports:
            - {name: http, containerPort: 8080}
            - {name: metrics, containerPort: 9090}
          {{- with include "product-catalog.probes" $it | trim }}{{ nindent 10 . }}{{ end }}
          {{- with include "product-catalog.confines" $it | trim }}{{ nindent 10 . }}{{ end }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            - {name: secrets, mountPath: /run/secrets/catalog, readOnly: true}
            {{- if ne .component "display-product" }}
            {{- with include "product-catalog.caMount" .root | trim }}{{ nindent 12 . }}{{ end }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir:
            sizeLimit: {{ $of.tmpSizeLimit }}
        {{- include "product-catalog.secretVolume" (merge (dict "root" .root) $secret) | nindent 8 }}
        {{- if ne .component "display-product" }}
        {{- with include "product-catalog.caVolume" .root | trim }}{{ nindent 8 . }}{{ end }}
        {{- end }}
{{- end }}

{{/* The Service of a service. Takes root, component and own. */}}
{{- define "product-catalog.service" -}}
{{- $of := mustMergeOverwrite (mustDeepCopy .root.Values) .own -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "product-catalog.metadata" . | nindent 2 }}
  {{- with $of.service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $of.service.type }}
  ipFamilyPolicy: PreferDualStack
  selector:
    {{- include "product-catalog.selectorLabels" . | nindent 4 }}
  ports:
    - {name: http, port: {{ int $of.service.port }}, targetPort: http, appProtocol: http}
    - {name: metrics, port: 9090, targetPort: metrics}
{{- end }}

{{/* The ServiceAccount of a service. Takes root, component and own. */}}
{{- define "product-catalog.serviceAccount" -}}
{{- $of := mustMergeOverwrite (mustDeepCopy .root.Values) .own -}}
{{- if $of.serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "product-catalog.serviceAccountName" (dict "root" .root "component" .component "of" $of) }}
  labels:
    {{- include "product-catalog.labels" . | nindent 4 }}
  {{- with $of.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: {{ $of.serviceAccount.automount }}
{{- end -}}
{{- end }}

{{/* The HorizontalPodAutoscaler of a service. Takes root, component and own. */}}
{{- define "product-catalog.hpa" -}}
{{- $of := mustMergeOverwrite (mustDeepCopy .root.Values) .own -}}
{{- if $of.autoscaling.enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "product-catalog.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "product-catalog.objectName" . }}
  minReplicas: {{ int $of.autoscaling.minReplicas }}
  maxReplicas: {{ int $of.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ int $of.autoscaling.targetCPUUtilizationPercentage }}
{{- end -}}
{{- end }}

{{/* The PodDisruptionBudget of a service. Takes root, component and own. */}}
{{- define "product-catalog.pdb" -}}
{{- $of := mustMergeOverwrite (mustDeepCopy .root.Values) .own -}}
{{- if $of.podDisruptionBudget.enabled -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "product-catalog.metadata" . | nindent 2 }}
spec:
  {{- if not (kindIs "invalid" $of.podDisruptionBudget.minAvailable) }}
  minAvailable: {{ $of.podDisruptionBudget.minAvailable }}
  {{- else if not (kindIs "invalid" $of.podDisruptionBudget.maxUnavailable) }}
  maxUnavailable: {{ $of.podDisruptionBudget.maxUnavailable }}
  {{- else }}
  maxUnavailable: 1
  {{- end }}
  # A pod that is not ready serves nobody; it must not hold up the drain of a node.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "product-catalog.selectorLabels" . | nindent 6 }}
{{- end -}}
{{- end }}
