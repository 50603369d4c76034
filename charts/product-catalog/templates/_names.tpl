{{/*
Start of every object's name: the release's name, as a DNS label that leaves room for the longest ending (a Job's is
21 characters, of 52). A name that must be cut gets a sum of the whole one, so that two long names stay two.
*/}}
{{- define "product-catalog.fullname" -}}
{{- $whole := .Values.fullnameOverride | default .Release.Name | replace "." "-" -}}
{{- $name := regexReplaceAll "^([0-9])" $whole "r-${1}" -}}
{{- if gt (len $name) 31 -}}
{{- $name = printf "%s-%s" (trunc 22 $name | trimSuffix "-") (sha256sum $whole | trunc 8) -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{/* Name of one component's objects. Takes root and component. */}}
{{- define "product-catalog.objectName" -}}
{{- printf "%s-%s" (include "product-catalog.fullname" .root) .component -}}
{{- end }}

{{/* What a selector holds: nothing that a later version of the chart could change. Takes root and component. */}}
{{- define "product-catalog.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Values.nameOverride | default .root.Chart.Name | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Labels of an object. Takes root and component. */}}
{{- define "product-catalog.labels" -}}
{{- $given := .root.Values.commonLabels -}}
{{- $own := include "product-catalog.selectorLabels" . | fromYaml -}}
{{- $own = merge $own (dict
    "app.kubernetes.io/version" (.root.Chart.AppVersion | toString)
    "app.kubernetes.io/part-of" "product-catalog"
    "app.kubernetes.io/managed-by" .root.Release.Service
    "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
) -}}
{{- toYaml (merge $own $given) -}}
{{- end }}

{{/*
Labels of a pod: without versions, so that a new version of the chart alone does not restart MySQL.
Takes root, component and of.
*/}}
{{- define "product-catalog.podLabels" -}}
{{- $own := include "product-catalog.selectorLabels" . | fromYaml -}}
{{- toYaml (merge $own (.of.podLabels | default dict) .root.Values.commonLabels) -}}
{{- end }}

{{/* Name, labels of an object's metadata. Takes root and component. */}}
{{- define "product-catalog.metadata" -}}
name: {{ include "product-catalog.objectName" . }}
labels:
  {{- include "product-catalog.labels" . | nindent 2 }}
{{- end }}

{{/* ServiceAccount of a component. Takes root, component and of. */}}
{{- define "product-catalog.serviceAccountName" -}}
{{- if .of.serviceAccount.create -}}
{{- .of.serviceAccount.name | default (include "product-catalog.objectName" .) -}}
{{- else -}}
{{- .of.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end }}
