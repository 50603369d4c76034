{{/*
Name of a Job. A Job cannot be changed once it is there, so its name changes with its content: `helm upgrade`,
`kubectl apply` and GitOps tools then all run a new one, and only when there is something new to run.
Takes root, component and pod, the text of the pod template.
*/}}
{{- define "product-catalog.jobName" -}}
{{- printf "%s-%s" (include "product-catalog.componentName" .) (.pod | fromYaml | toJson | sha256sum | trunc 8) -}}
{{- end }}

{{/* The container that waits until the database answers. Takes root, values, user and host. */}}
{{- define "product-catalog.waitContainer" -}}
name: wait
{{- include "product-catalog.catalogImage" (dict "root" .root "image" .root.Values.jobs.image) | nindent 0 }}
args: [python, -m, cluster_jobs.wait, "{{ int .root.Values.jobs.waitSeconds }}"]
env:
  {{- include "product-catalog.databaseEnv" . | nindent 2 }}
  {{- with .values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.extraVolumeMounts }}
volumeMounts:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The container that brings the schema up to date. Takes root, values, user and host. */}}
{{- define "product-catalog.migrateContainer" -}}
{{- $own := dict "name" "migrate" "args" (list "python" "-m" "catalog.migrate" "upgrade") -}}
{{- include "product-catalog.catalogContainer" (merge $own .) -}}
{{- end }}

{{/* A container that runs a program of the catalogue on the database. Takes root, values, user, host, name and args. */}}
{{- define "product-catalog.catalogContainer" -}}
name: {{ .name }}
{{- include "product-catalog.catalogImage" (dict "root" .root "image" .root.Values.jobs.image) | nindent 0 }}
args: {{ toJson .args }}
env:
  {{- include "product-catalog.databaseEnv" . | nindent 2 }}
  {{- with .values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: secrets, mountPath: /run/secrets/catalog, readOnly: true}
  {{- with include "product-catalog.databaseCaMount" .root }}{{ nindent 2 . }}{{ end }}
  {{- with .values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* The container that runs backup.sh. Takes root, values, user, host, name, args and env, which are variables of its own. */}}
{{- define "product-catalog.backupContainer" -}}
name: {{ .name }}
{{- include "product-catalog.mysqlImage" .root | nindent 0 }}
command: [bash, /etc/catalog/backup.sh]
args: {{ toJson .args }}
env:
  {{- include "product-catalog.databaseEnv" . | nindent 2 }}
  {{- range $name, $value := .env }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
  {{- with .values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: backups, mountPath: /backups}
  - {name: script, mountPath: /etc/catalog, readOnly: true}
  - {name: secrets, mountPath: /run/secrets/catalog, readOnly: true}
  {{- with include "product-catalog.databaseCaMount" .root }}{{ nindent 2 . }}{{ end }}
  {{- with .values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* The volumes of the pods that back up and restore. Takes root, values and key, which is that of the password. */}}
{{- define "product-catalog.backupVolumes" -}}
{{- $claim := printf "%s-backups" (include "product-catalog.fullname" .root) -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .root.Values.backup.tmpSizeLimit }}
- name: backups
  persistentVolumeClaim:
    claimName: {{ .root.Values.backup.persistence.existingClaim | default $claim }}
- name: script
  configMap:
    name: {{ include "product-catalog.fullname" .root }}-backup
{{ include "product-catalog.secretVolume" (dict "root" .root "items" (list (dict "key" .key "path" "database-password"))) }}
{{- with include "product-catalog.databaseCaVolume" .root }}{{ nindent 0 . }}{{ end }}
{{- with .values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The pod that makes a backup: once at the installation, then on the schedule. */}}
{{- define "product-catalog.backupPod" -}}
{{- $values := include "product-catalog.blockValues" (dict "root" . "block" "backup") | fromJson -}}
{{- $context := dict "root" . "component" "backup" "values" $values "user" .Values.database.backupUser "host" .Values.externalDatabase.host -}}
metadata:
  labels:
    {{- include "product-catalog.podLabels" $context | nindent 4 }}
  {{- with $values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- include "product-catalog.podSpec" $context | nindent 2 }}
  # The pods of failed attempts stay, and so do their logs.
  restartPolicy: Never
  serviceAccountName: {{ include "product-catalog.componentName" $context }}
  automountServiceAccountToken: false
  initContainers:
    - {{ include "product-catalog.waitContainer" $context | indent 6 | trim }}
  containers:
    {{- $own := dict "name" "backup" "args" (list "create") "env" (dict "KEEP" (int .Values.backup.keep)) }}
    - {{ include "product-catalog.backupContainer" (merge $own $context) | indent 6 | trim }}
  volumes:
    {{- include "product-catalog.backupVolumes" (merge (dict "key" "backup-password") $context) | nindent 4 }}
{{- end }}
