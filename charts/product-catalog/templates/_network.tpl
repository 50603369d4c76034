{{/* Head of a component's NetworkPolicy. Takes root and component. */}}
{{- define "product-catalog.networkPolicyHead" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "product-catalog.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "product-catalog.selectorLabels" . | nindent 6 }}
{{- end }}

{{/* A peer: the pods of one component of this release. Takes root and component. */}}
{{- define "product-catalog.peer" -}}
podSelector:
  matchLabels:
    {{- include "product-catalog.selectorLabels" . | nindent 4 }}
{{- end }}

{{/* Egress to the cluster's name service, wherever it runs. */}}
{{- define "product-catalog.egressDns" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end }}

{{/* Egress to the database. */}}
{{- define "product-catalog.egressDatabase" -}}
{{- if .Values.mysql.enabled -}}
- to:
    - {{ include "product-catalog.peer" (dict "root" . "component" "mysql") | indent 6 | trim }}
  ports:
    - {port: mysql, protocol: TCP}
{{- else -}}
- ports:
    - {port: {{ int .Values.externalDatabase.port }}, protocol: TCP}
  {{- with .Values.networkPolicy.externalDatabaseTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end }}

{{/* Ingress to the metrics of a service. */}}
{{- define "product-catalog.ingressMetrics" -}}
- ports:
    - {port: metrics, protocol: TCP}
  from:
    {{- toYaml (.Values.networkPolicy.metricsFrom | default (list (dict "namespaceSelector" dict))) | nindent 4 }}
{{- end }}

{{/* Who reaches add-product or read-product, and whom it reaches. Takes root and component. */}}
{{- define "product-catalog.apiNetworkPolicy" -}}
{{- if .root.Values.networkPolicy.enabled -}}
{{ include "product-catalog.networkPolicyHead" . }}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports:
        - {port: http, protocol: TCP}
      from:
        - {{ include "product-catalog.peer" (dict "root" .root "component" "display-product") | indent 10 | trim }}
        - {{ include "product-catalog.peer" (dict "root" .root "component" "test") | indent 10 | trim }}
        {{- with .root.Values.networkPolicy.apiFrom }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- include "product-catalog.ingressMetrics" .root | nindent 4 }}
  egress:
    {{- include "product-catalog.egressDatabase" .root | nindent 4 }}
    {{- include "product-catalog.egressDns" .root | nindent 4 }}
{{- end -}}
{{- end }}

{{/* A Job that reaches the database and nothing else. Takes root and component. */}}
{{- define "product-catalog.databaseJobNetworkPolicy" -}}
{{- if .root.Values.networkPolicy.enabled -}}
{{ include "product-catalog.networkPolicyHead" . }}
  policyTypes: [Ingress, Egress]
  ingress: []
  egress:
    {{- include "product-catalog.egressDatabase" .root | nindent 4 }}
    {{- include "product-catalog.egressDns" .root | nindent 4 }}
{{- end -}}
{{- end }}
