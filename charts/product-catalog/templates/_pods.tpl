{{/* Reference of an image. Takes root, registry and image. */}}
{{- define "product-catalog.image" -}}
{{- $registry := .root.Values.global.imageRegistry | default .registry -}}
{{- $repository := list $registry .image.repository | compact | join "/" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.image.tag | default .root.Values.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end }}

{{/* `image` and `imagePullPolicy` of a container with an image of the catalogue's own. Takes root and image. */}}
{{- define "product-catalog.ownImage" -}}
image: {{ include "product-catalog.image" (merge (dict "registry" .root.Values.image.registry) .) | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- end }}

{{/* The same for MySQL's image. Takes root. */}}
{{- define "product-catalog.mysqlImage" -}}
{{- $image := .root.Values.mysql.image -}}
image: {{ include "product-catalog.image" (dict "root" .root "registry" $image.registry "image" $image) | quote }}
imagePullPolicy: {{ $image.pullPolicy }}
{{- end }}

{{/*
What every pod of the chart has in common. Service links are off: a Service called "catalog" would otherwise inject
variables that look like settings. Takes root, component and of.
*/}}
{{- define "product-catalog.pod" -}}
enableServiceLinks: false
{{- with concat .root.Values.global.imagePullSecrets .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .of.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Metadata of a pod template. Takes root, component, of and, where a change must restart the pod, checksum. */}}
{{- define "product-catalog.podMetadata" -}}
labels:
  {{- include "product-catalog.podLabels" . | nindent 2 }}
{{- $annotations := merge (dict) (.of.podAnnotations | default dict) -}}
{{- with .checksum }}{{ $_ := set $annotations "checksum/config" . }}{{ end -}}
{{- with $annotations }}
annotations:
  {{- range $key, $value := . }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Entries of a container's `env`, from a dict of texts and the value extraEnv. Takes env and extra. */}}
{{- define "product-catalog.env" -}}
{{- range $name, $value := .env }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- $names := keys .env }}
{{- range .extra }}
{{- if has .name $names }}
{{- fail (printf "extraEnv has %s, which is set already, by another value of the chart or once more in extraEnv." .name) }}
{{- end }}
{{- $names = append $names .name }}
{{- end }}
{{- with .extra }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* `resources` and `securityContext` of a container. Takes of. */}}
{{- define "product-catalog.confines" -}}
{{- with .of.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The three probes of a container. Takes of. */}}
{{- define "product-catalog.probes" -}}
{{- $of := .of -}}
{{- range $name := list "startupProbe" "livenessProbe" "readinessProbe" }}
{{- with get $of $name }}
{{ $name }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* A quantity of Kubernetes, such as 8Gi or 50m, as a number. Takes the quantity. */}}
{{- define "product-catalog.number" -}}
{{- $text := toString . -}}
{{- $number := regexFind "^\\+?[0-9.]+([eE][+-]?[0-9]+)?" $text -}}
{{- $factors := dict "n" 1e-9 "u" 1e-6 "m" 1e-3 "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 "Ei" 1152921504606846976 -}}
{{- printf "%.9f" (mulf (float64 $number) (get $factors (trimPrefix $number $text)) | float64) -}}
{{- end }}
