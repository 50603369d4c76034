{{/* Name of the Secret with the passwords. */}}
{{- define "product-catalog.secretName" -}}
{{- .Values.credentials.existingSecret | default (printf "%s-credentials" (include "product-catalog.fullname" .)) -}}
{{- end }}

{{/* Host of the database. Takes root and host, which is the external one. */}}
{{- define "product-catalog.databaseHost" -}}
{{- if .root.Values.mysql.enabled -}}
{{- include "product-catalog.fullname" .root }}-mysql
{{- else if and (contains ":" .host) (not (hasPrefix "[" .host)) -}}
{{- printf "[%s]" .host -}}
{{- else -}}
{{- .host -}}
{{- end -}}
{{- end }}

{{/* Port of the database. */}}
{{- define "product-catalog.databasePort" -}}
{{- if .Values.mysql.enabled }}3306{{ else }}{{ int .Values.externalDatabase.port }}{{ end -}}
{{- end }}

{{/* CATALOG_DATABASE_* of a container, as YAML. Takes root, user and host. */}}
{{- define "product-catalog.databaseEnv" -}}
{{- $host := include "product-catalog.databaseHost" . -}}
{{- $port := include "product-catalog.databasePort" .root -}}
CATALOG_DATABASE_URL: mysql://{{ .user }}@{{ $host }}:{{ $port }}/{{ .root.Values.database.name }}
CATALOG_DATABASE_PASSWORD_FILE: /run/secrets/catalog/database-password
{{- if include "product-catalog.databaseCa" .root }}
CATALOG_DATABASE_TLS_CA_FILE: /run/secrets/database-ca/ca.crt
{{- end }}
{{- end }}

{{/* Secret with the certificate authority of the external database, if any. */}}
{{- define "product-catalog.databaseCa" -}}
{{- if not .Values.mysql.enabled -}}{{- .Values.externalDatabase.tls.caSecret -}}{{- end -}}
{{- end }}

{{/* The volume with the one secret that a pod may see. Takes root, key and file. */}}
{{- define "product-catalog.secretVolume" -}}
- name: secrets
  secret:
    secretName: {{ include "product-catalog.secretName" .root }}
    defaultMode: 0440
    items:
      - {key: {{ .key }}, path: {{ .file }}}
{{- end }}

{{/* The volume with the external database's certificate authority. */}}
{{- define "product-catalog.caVolume" -}}
{{- with include "product-catalog.databaseCa" . }}
- name: database-ca
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - {key: {{ $.Values.externalDatabase.tls.caKey }}, path: ca.crt}
{{- end }}
{{- end }}

{{/* Its mount. */}}
{{- define "product-catalog.caMount" -}}
{{- if include "product-catalog.databaseCa" . }}
- {name: database-ca, mountPath: /run/secrets/database-ca, readOnly: true}
{{- end }}
{{- end }}
