{{/* Files of MySQL's ConfigMap; a change of one restarts MySQL. */}}
{{- define "product-catalog.mysqlConfig" -}}
my.cnf: |
  {{- .Files.Get "files/mysql/my.cnf" | trim | nindent 2 }}
  {{- with .Values.mysql.configuration }}
  {{- . | trim | nindent 2 }}
  {{- end }}
prepare.sh: |
  {{- .Files.Get "files/mysql/prepare.sh" | trim | nindent 2 }}
{{- end }}
