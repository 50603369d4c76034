{{/*
Name of a Job. A Job cannot be changed once it is there, so its name changes with its content: `helm upgrade`,
`kubectl apply` and GitOps tools then all run a new one, and only when there is something new to run.
Takes root, component and template, which is the text of the pod template.
*/}}
{{- define "product-catalog.jobName" -}}
{{- printf "%s-%s" (include "product-catalog.objectName" .) (sha256sum .template | trunc 8) -}}
{{- end }}

{{/* A Job. Takes root, component and template. */}}
{{- define "product-catalog.job" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "product-catalog.jobName" . }}
  labels:
    {{- include "product-catalog.labels" . | nindent 4 }}
spec:
  backoffLimit: {{ int .root.Values.jobs.backoffLimit }}
  template:
    {{- .template | nindent 4 }}
{{- end }}

{{/* The pod that creates the Secret with the passwords where it is absent. */}}
{{- define "product-catalog.credentialsPod" -}}
{{- $of := mustMergeOverwrite (mustDeepCopy .Values) .Values.jobs -}}
{{- $it := dict "root" . "component" "credentials" "of" $of -}}
metadata:
  {{- include "product-catalog.podMetadata" $it | nindent 2 }}
spec:
  {{- include "product-catalog.pod" $it | nindent 2 }}
  restartPolicy: OnFailure
  serviceAccountName: {{ include "product-catalog.objectName" $it }}
  automountServiceAccountToken: true
  containers:
    - name: credentials
      {{- include "product-catalog.ownImage" (dict "root" . "image" $of.image) | nindent 6 }}
      args: [python, -m, cluster_jobs.credentials, {{ include "product-catalog.secretName" . }}]
      env:
        - name: POD_NAMESPACE
          valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
        {{- with $of.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with include "product-catalog.confines" $it | trim }}{{ nindent 6 . }}{{ end }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 16Mi}
{{- end }}

{{/* The container that waits until the database answers. Takes root, of and env. */}}
{{- define "product-catalog.waitContainer" -}}
name: wait
{{- include "product-catalog.ownImage" (dict "root" .root "image" .root.Values.jobs.image) | nindent 0 }}
args: [python, -m, cluster_jobs.wait, "{{ int .root.Values.jobs.waitSeconds }}"]
env:
  {{- include "product-catalog.env" (dict "env" .env "extra" .of.extraEnv) | trim | nindent 2 }}
{{- with include "product-catalog.confines" . | trim }}{{ nindent 0 . }}{{ end }}
{{- end }}

{{/* The container that brings the schema up to date. Takes root, of and env. */}}
{{- define "product-catalog.migrateContainer" -}}
name: migrate
{{- include "product-catalog.ownImage" (dict "root" .root "image" .root.Values.jobs.image) | nindent 0 }}
args: [python, -m, catalog.migrate, upgrade]
env:
  {{- include "product-catalog.env" (dict "env" .env "extra" .of.extraEnv) | trim | nindent 2 }}
{{- with include "product-catalog.confines" . | trim }}{{ nindent 0 . }}{{ end }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: secrets, mountPath: /run/secrets/catalog, readOnly: true}
  {{- with include "product-catalog.caMount" .root | trim }}{{ nindent 2 . }}{{ end }}
{{- end }}

{{/* The pod that brings the schema up to date. */}}
{{- define "product-catalog.migratePod" -}}
{{- $of := mustMergeOverwrite (mustDeepCopy .Values) .Values.jobs -}}
{{- $it := dict "root" . "component" "migrate" "of" $of -}}
{{- $env := include "product-catalog.databaseEnv" (dict "root" . "user" .Values.database.migratorUser "host" .Values.externalDatabase.host) | fromYaml -}}
metadata:
  {{- include "product-catalog.podMetadata" $it | nindent 2 }}
spec:
  {{- include "product-catalog.pod" $it | nindent 2 }}
  restartPolicy: OnFailure
  serviceAccountName: {{ include "product-catalog.objectName" $it }}
  automountServiceAccountToken: false
  initContainers:
    - {{ include "product-catalog.waitContainer" (merge (dict "env" $env) $it) | indent 6 | trim }}
  containers:
    - {{ include "product-catalog.migrateContainer" (merge (dict "env" $env) $it) | indent 6 | trim }}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 16Mi}
    {{- include "product-catalog.secretVolume" (dict "root" . "key" "migrator-password" "file" "database-password") | nindent 4 }}
    {{- with include "product-catalog.caVolume" . | trim }}{{ nindent 4 . }}{{ end }}
{{- end }}
