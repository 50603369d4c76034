{{/* Name of the claim on which backups are kept. */}}
{{- define "product-catalog.backupClaim" -}}
{{- .Values.backup.persistence.existingClaim | default (printf "%s-backups" (include "product-catalog.fullname" .)) -}}
{{- end }}

{{/* The container that runs backup.sh. Takes root, of, env, name and args. */}}
{{- define "product-catalog.backupContainer" -}}
name: {{ .name }}
{{- include "product-catalog.mysqlImage" . | nindent 0 }}
command: [bash, /etc/catalog/backup.sh]
args: {{ toJson .args }}
env:
  {{- include "product-catalog.env" (dict "env" .env "extra" .of.extraEnv) | trim | nindent 2 }}
{{- with include "product-catalog.confines" . | trim }}{{ nindent 0 . }}{{ end }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: backups, mountPath: /backups}
  - {name: script, mountPath: /etc/catalog, readOnly: true}
  - {name: secrets, mountPath: /run/secrets/catalog, readOnly: true}
  {{- with include "product-catalog.caMount" .root | trim }}{{ nindent 2 . }}{{ end }}
{{- end }}

{{/* What both pods have in common. Takes root, component and of. */}}
{{- define "product-catalog.backupPodHead" -}}
{{- include "product-catalog.pod" . }}
# The pods of attempts that failed stay, and their logs with them.
restartPolicy: Never
serviceAccountName: {{ include "product-catalog.fullname" .root }}-backup
automountServiceAccountToken: false
{{- end }}

{{/* Volumes of both pods. Takes root and key, which is that of the password. */}}
{{- define "product-catalog.backupVolumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .root.Values.backup.tmpSizeLimit }}
- name: backups
  persistentVolumeClaim:
    claimName: {{ include "product-catalog.backupClaim" .root }}
- name: script
  configMap:
    name: {{ include "product-catalog.fullname" .root }}-backup
{{ include "product-catalog.secretVolume" (dict "root" .root "key" .key "file" "database-password") }}
{{- include "product-catalog.caVolume" .root }}
{{- end }}

{{/* The pod that makes a backup. */}}
{{- define "product-catalog.backupPod" -}}
{{- $of := mustMergeOverwrite (mustDeepCopy .Values) .Values.backup -}}
{{- $env := include "product-catalog.databaseEnv" (dict "root" . "user" .Values.database.backupUser "host" .Values.externalDatabase.host) | fromYaml -}}
{{- $it := dict "root" . "component" "backup" "of" $of "env" (merge (dict "KEEP" (int .Values.backup.keep)) $env) -}}
metadata:
  {{- include "product-catalog.podMetadata" $it | nindent 2 }}
spec:
  {{- include "product-catalog.backupPodHead" $it | nindent 2 }}
  initContainers:
    - {{ include "product-catalog.waitContainer" $it | indent 6 | trim }}
  containers:
    - {{ include "product-catalog.backupContainer" (merge (dict "name" "backup" "args" (list "create")) $it) | indent 6 | trim }}
  volumes:
    {{- include "product-catalog.backupVolumes" (dict "root" . "key" "backup-password") | nindent 4 }}
{{- end }}

{{/* The pod that restores the backup which its variable BACKUP names, and brings an older schema up to date. */}}
{{- define "product-catalog.restorePod" -}}
{{- $of := mustMergeOverwrite (mustDeepCopy .Values) .Values.backup -}}
{{- $env := include "product-catalog.databaseEnv" (dict "root" . "user" .Values.database.migratorUser "host" .Values.externalDatabase.host) | fromYaml -}}
{{- $it := dict "root" . "component" "restore" "of" $of "env" $env -}}
metadata:
  {{- include "product-catalog.podMetadata" $it | nindent 2 }}
spec:
  {{- include "product-catalog.backupPodHead" $it | nindent 2 }}
  initContainers:
    - {{ include "product-catalog.backupContainer" (merge (dict "name" "restore" "args" (list "restore" "$(BACKUP)") "env" (merge (dict "BACKUP" "") $env)) $it) | indent 6 | trim }}
  containers:
    - {{ include "product-catalog.migrateContainer" $it | indent 6 | trim }}
  volumes:
    {{- include "product-catalog.backupVolumes" (dict "root" . "key" "migrator-password") | nindent 4 }}
{{- end }}
