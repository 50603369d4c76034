{{/*
The three services, as a list. Each has a name, which is also that of its objects, and a block of values. `database`
and `calls` say what it connects to, `secrets` which keys of the Secret it sees and as which files, `env` which settings
it has that the others do not, `public` whether people reach it from outside the cluster, and `host` at which host of the
Ingress programs do. `issuers` are the URLs at which it finds keys, `verifies` says that it verifies tokens, and `paths` and `methods` which
requests a Gateway sends to it; without methods, those that no other service takes.
*/}}
{{- define "product-catalog.services" -}}
{{- $auth := .Values.auth -}}
- name: add-product
  block: addProduct
  app: add_product:create_app()
  database:
    user: {{ .Values.database.writerUser | quote }}
    host: {{ .Values.externalDatabase.host | quote }}
  secrets:
    - {key: writer-password, path: database-password}
    {{- include "product-catalog.verificationKeys" . | nindent 4 }}
  verifies: true
  issuers: {{ include "product-catalog.issuerUrls" . }}
  host: {{ .Values.ingress.api.writeHost | quote }}
  paths: [/api/v1, /api/v1/tokens]
  env:
    {{- include "product-catalog.verificationEnv" . | nindent 4 }}
    CATALOG_CURRENCY: {{ .Values.currency | quote }}
    CATALOG_IMPORT_MAX_BYTES: {{ .Values.importMaxBytes | int64 | quote }}
- name: read-product
  block: readProduct
  app: read_product:create_app()
  database:
    user: {{ .Values.database.readerUser | quote }}
    host: {{ .Values.externalDatabase.readHost | default .Values.externalDatabase.host | quote }}
  secrets:
    - {key: reader-password, path: database-password}
    {{- include "product-catalog.verificationKeys" . | nindent 4 }}
  verifies: true
  issuers: {{ include "product-catalog.issuerUrls" . }}
  host: {{ .Values.ingress.api.readHost | quote }}
  paths: [/api/v1]
  methods: [GET, HEAD]
  {{- if $auth.enabled }}
  calls: [add-product]
  {{- end }}
  env:
    {{- include "product-catalog.verificationEnv" . | nindent 4 }}
    {{- if $auth.enabled }}
    CATALOG_ADD_URL: {{ include "product-catalog.serviceUrl" (dict "root" . "component" "add-product" "overrides" .Values.addProduct) }}
    {{- end }}
    CATALOG_READ_CACHE_SECONDS: {{ .Values.readCacheSeconds | int | quote }}
- name: display-product
  block: displayProduct
  app: display_product:create_app()
  public: true
  calls: [add-product, read-product]
  secrets:
    - {key: secret-key, path: secret-key}
    {{- if $auth.enabled }}
    - {key: signing-key, path: signing-key}
    - {key: editors, path: editors}
    - {key: readers, path: readers}
    {{- end }}
  issuers: {{ list $auth.oidc.issuer | compact | toJson }}
  env:
    {{- include "product-catalog.signInEnv" . | nindent 4 }}
    CATALOG_CURRENCY: {{ .Values.currency | quote }}
    CATALOG_ADD_URL: {{ include "product-catalog.serviceUrl" (dict "root" . "component" "add-product" "overrides" .Values.addProduct) }}
    CATALOG_READ_URL: {{ include "product-catalog.serviceUrl" (dict "root" . "component" "read-product" "overrides" .Values.readProduct) }}
    CATALOG_SECRET_KEY_FILE: /run/secrets/catalog/secret-key
    CATALOG_IMPORT_MAX_BYTES: {{ .Values.importMaxBytes | int64 | quote }}
    {{- with include "product-catalog.publicUrl" . }}
    CATALOG_PUBLIC_URL: {{ . | quote }}
    {{- end }}
{{- end }}

{{/* The keys of the Secret, as items of a volume, with which a service verifies tokens. */}}
{{- define "product-catalog.verificationKeys" -}}
{{- if .Values.auth.enabled -}}
- {key: verification-keys, path: verification-keys}
{{- end }}
{{- end }}

{{/* The settings of a service that verifies tokens. */}}
{{- define "product-catalog.verificationEnv" -}}
{{- if .Values.auth.enabled -}}
CATALOG_VERIFICATION_KEYS_FILE: /run/secrets/catalog/verification-keys
{{- if include "product-catalog.hasIssuers" . }}
CATALOG_JWT_ISSUERS_FILE: /etc/catalog/issuers/issuers.json
{{- end }}
{{- end }}
{{- end }}

{{/* The settings by which people sign in. */}}
{{- define "product-catalog.signInEnv" -}}
{{- if .Values.auth.enabled -}}
CATALOG_SIGNING_KEY_FILE: /run/secrets/catalog/signing-key
CATALOG_EDITORS_FILE: /run/secrets/catalog/editors
CATALOG_READERS_FILE: /run/secrets/catalog/readers
CATALOG_SESSION_GENERATION: {{ int .Values.auth.sessionGeneration | quote }}
{{- with .Values.auth.oidc }}
{{- if .issuer }}
CATALOG_OIDC_ISSUER: {{ .issuer | quote }}
CATALOG_OIDC_CLIENT_ID: {{ .clientId | quote }}
CATALOG_OIDC_SCOPES: {{ join " " .scopes | quote }}
CATALOG_OIDC_GROUPS_CLAIM: {{ .groupsClaim | quote }}
CATALOG_OIDC_EDITOR_GROUPS: {{ join "," .editorGroups | quote }}
CATALOG_OIDC_READER_GROUPS: {{ join "," .readerGroups | quote }}
{{- if .existingSecret }}
CATALOG_OIDC_CLIENT_SECRET_FILE: /run/secrets/oidc/client-secret
{{- end }}
{{- if .caSecret }}
CATALOG_OIDC_CA_FILE: /run/secrets/oidc-ca/ca.crt
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whether there are issuers whose tokens the APIs accept; empty if not. */}}
{{- define "product-catalog.hasIssuers" -}}
{{- if and .Values.auth.enabled (or .Values.auth.jwt.issuers .Values.auth.jwt.serviceAccounts.enabled) }}true{{ end -}}
{{- end }}

{{/* These issuers, as the services read them. */}}
{{- define "product-catalog.issuers" -}}
{{- $jwt := .Values.auth.jwt -}}
{{- $issuers := list -}}
{{- range $number, $given := $jwt.issuers -}}
{{- $issuer := dict "issuer" $given.issuer "audience" $given.audience "claim" ($given.claim | default "sub") "editors" ($given.editors | default list) "readers" ($given.readers | default list) -}}
{{- with $given.jwksUrl -}}{{ $_ := set $issuer "jwks_url" . -}}{{ end -}}
{{- if $given.caSecret -}}{{ $_ := set $issuer "ca_file" (printf "/run/secrets/issuer-ca-%d/ca.crt" $number) -}}{{ end -}}
{{- $issuers = append $issuers $issuer -}}
{{- end -}}
{{- with $jwt.serviceAccounts -}}
{{- if .enabled -}}
{{- $files := dict "ca_file" "/run/secrets/service-account/ca.crt" "token_file" "/run/secrets/service-account/token" -}}
{{- $cluster := dict "issuer" .issuer "audience" .audience "claim" "sub" "editors" .editors "readers" .readers "jwks_url" "https://kubernetes.default.svc/openid/v1/jwks" -}}
{{- $issuers = append $issuers (merge $cluster $files) -}}
{{- end -}}
{{- end -}}
{{- toPrettyJson $issuers -}}
{{- end }}

{{/* The URLs at which the APIs find the keys of these issuers, but the cluster's own, as JSON. */}}
{{- define "product-catalog.issuerUrls" -}}
{{- $urls := list -}}
{{- range .Values.auth.jwt.issuers }}{{ $urls = append $urls (.jwksUrl | default .issuer) }}{{ end -}}
{{- toJson $urls -}}
{{- end }}

{{/* Volumes of a service for signing in and for tokens, besides the Secret with the passwords. Takes root and service. */}}
{{- define "product-catalog.authVolumes" -}}
{{- $auth := .root.Values.auth -}}
{{- if and .service.verifies (include "product-catalog.hasIssuers" .root) }}
- name: issuers
  configMap:
    name: {{ include "product-catalog.fullname" .root }}-issuers
{{- range $number, $issuer := $auth.jwt.issuers }}
{{- if $issuer.caSecret }}
- name: issuer-ca-{{ $number }}
  secret:
    secretName: {{ $issuer.caSecret }}
    defaultMode: 0440
    items:
      - {key: ca.crt, path: ca.crt}
{{- end }}
{{- end }}
{{- if $auth.jwt.serviceAccounts.enabled }}
# By its own token, a pod may ask the API server for the keys of all service accounts.
- name: service-account
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3600}
      - configMap:
          name: kube-root-ca.crt
          items:
            - {key: ca.crt, path: ca.crt}
{{- end }}
{{- else if and .service.public $auth.enabled $auth.oidc.issuer }}
{{- with $auth.oidc.existingSecret }}
- name: oidc
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - {key: {{ $auth.oidc.clientSecretKey }}, path: client-secret}
{{- end }}
{{- with $auth.oidc.caSecret }}
- name: oidc-ca
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - {key: {{ $auth.oidc.caKey }}, path: ca.crt}
{{- end }}
{{- end }}
{{- end }}

{{/* The mounts of these volumes. Takes root and service. */}}
{{- define "product-catalog.authMounts" -}}
{{- range include "product-catalog.authVolumes" . | fromYamlArray }}
{{- if eq .name "issuers" }}
- {name: issuers, mountPath: /etc/catalog/issuers, readOnly: true}
{{- else }}
- {name: {{ .name }}, mountPath: /run/secrets/{{ .name }}, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{/* The service that people reach from outside the cluster, as YAML. */}}
{{- define "product-catalog.publicService" -}}
{{- range include "product-catalog.services" . | fromYamlArray }}{{ if .public }}{{ toYaml . }}{{ end }}{{ end -}}
{{- end }}

{{/*
Start of every object's name: the release's name, as a DNS label that leaves room for the longest suffix (21 of the 52
characters that a Job's name may have). A name that is too long is cut and gets a hash, so that two long names stay
different.
*/}}
{{- define "product-catalog.fullname" -}}
{{- $whole := .Values.fullnameOverride | default .Release.Name | replace "." "-" -}}
{{- $name := regexReplaceAll "^([0-9])" $whole "r-${1}" -}}
{{- if gt (len $name) 31 -}}
{{- $name = printf "%s-%s" (trunc 22 $name | trimSuffix "-") (sha256sum $whole | trunc 8) -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{/* Name of a component's objects. Takes root and component. */}}
{{- define "product-catalog.componentName" -}}
{{- printf "%s-%s" (include "product-catalog.fullname" .root) .component -}}
{{- end }}

{{/* Labels by which every pod of the release is selected. */}}
{{- define "product-catalog.releaseLabels" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/*
Labels by which a component's pods are selected: only those that no later version of the chart could change.
Takes root and component.
*/}}
{{- define "product-catalog.selectorLabels" -}}
{{ include "product-catalog.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Labels of an object. Takes root and component. */}}
{{- define "product-catalog.labels" -}}
{{- $labels := include "product-catalog.selectorLabels" . | fromYaml -}}
{{- $labels = merge $labels (dict
    "app.kubernetes.io/version" (.root.Chart.AppVersion | toString)
    "app.kubernetes.io/part-of" "product-catalog"
    "app.kubernetes.io/managed-by" .root.Release.Service
    "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
) -}}
{{- toYaml (merge $labels .root.Values.commonLabels) -}}
{{- end }}

{{/*
Labels of a pod: without versions, so that a new version of the chart alone does not restart MySQL.
Takes root, component and values.
*/}}
{{- define "product-catalog.podLabels" -}}
{{- $labels := include "product-catalog.selectorLabels" . | fromYaml -}}
{{- toYaml (merge $labels (.values.podLabels | default dict) .root.Values.commonLabels) -}}
{{- end }}

{{/*
Removes every key whose value is null: this is how a block of values leaves out what is set for all. Takes a dict, and
changes it.
*/}}
{{- define "product-catalog.dropNulls" -}}
{{- range $key, $value := . -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $ $key -}}
{{- else if kindIs "map" $value -}}
{{- include "product-catalog.dropNulls" $value -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/*
The values that apply to a block, as JSON, which is parsed faster than YAML: those for all, overridden by the block's
own, without nulls. Takes root and block.
*/}}
{{- define "product-catalog.blockValues" -}}
{{- $values := mustMergeOverwrite (mustDeepCopy .root.Values) (get .root.Values .block) -}}
{{- include "product-catalog.dropNulls" $values -}}
{{- toJson $values -}}
{{- end }}

{{/* The text of a file, indented, and its empty lines left empty. Takes root, path and indent. */}}
{{- define "product-catalog.file" -}}
{{- regexReplaceAll "(?m)^ +$" (.root.Files.Get .path | trim | nindent .indent) "" -}}
{{- end }}

{{/* Name of a service's ServiceAccount. Takes root, component and values. */}}
{{- define "product-catalog.serviceAccountName" -}}
{{- if .values.serviceAccount.create -}}
{{- .values.serviceAccount.name | default (include "product-catalog.componentName" .) -}}
{{- else -}}
{{- .values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end }}

{{/* The fewest pods that a service has. Takes the service's values. */}}
{{- define "product-catalog.minReplicas" -}}
{{- if .autoscaling.enabled -}}
{{- int .autoscaling.minReplicas -}}
{{- else if kindIs "invalid" .replicaCount -}}
2
{{- else -}}
{{- int .replicaCount -}}
{{- end -}}
{{- end }}

{{/*
URL of a service inside the cluster: the bare name of its Service, which is right in every namespace and under every
cluster domain. Takes root, component and overrides, the service's block of values.
*/}}
{{- define "product-catalog.serviceUrl" -}}
{{- $port := dig "service" "port" .root.Values.service.port .overrides | int -}}
http://{{ include "product-catalog.componentName" . }}{{ if ne $port 80 }}:{{ $port }}{{ end }}
{{- end }}

{{/* Address at which people open the pages; empty if it is not known. */}}
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

{{/* `image` and `imagePullPolicy` of a container with one of the catalogue's own images. Takes root and image. */}}
{{- define "product-catalog.catalogImage" -}}
image: {{ include "product-catalog.image" (merge (dict "registry" .root.Values.image.registry) .) | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- end }}

{{/* `image` and `imagePullPolicy` of a container with MySQL's image. */}}
{{- define "product-catalog.mysqlImage" -}}
{{- $image := .Values.mysql.image -}}
image: {{ include "product-catalog.image" (dict "root" . "registry" $image.registry "image" $image) | quote }}
imagePullPolicy: {{ $image.pullPolicy }}
{{- end }}

{{/*
What the specs of all pods have in common. Service links are off: a Service called "catalog" would otherwise inject
variables that look like settings. Takes root and values.
*/}}
{{- define "product-catalog.podSpec" -}}
enableServiceLinks: false
{{- with concat .root.Values.global.imagePullSecrets .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Name of the Secret with the passwords. */}}
{{- define "product-catalog.secretName" -}}
{{- .Values.credentials.existingSecret | default (printf "%s-credentials" (include "product-catalog.fullname" .)) -}}
{{- end }}

{{/* The volume with the only secrets that a pod may see. Takes root, and items with key and path. */}}
{{- define "product-catalog.secretVolume" -}}
- name: secrets
  secret:
    secretName: {{ include "product-catalog.secretName" .root }}
    defaultMode: 0440
    items:
      {{- range .items }}
      - {key: {{ .key }}, path: {{ .path }}}
      {{- end }}
{{- end }}

{{/* Host of the database. Takes root and host, which is that of the external one. */}}
{{- define "product-catalog.databaseHost" -}}
{{- if .root.Values.mysql.enabled -}}
{{- include "product-catalog.fullname" .root }}-mysql
{{- else if and (contains ":" .host) (not (hasPrefix "[" .host)) -}}
{{- printf "[%s]" .host -}}
{{- else -}}
{{- .host -}}
{{- end -}}
{{- end }}

{{/* Environment variables of a container that uses the database. Takes root, user and host. */}}
{{- define "product-catalog.databaseEnv" -}}
{{- $port := ternary 3306 .root.Values.externalDatabase.port .root.Values.mysql.enabled | int -}}
- name: CATALOG_DATABASE_URL
  value: "mysql://{{ .user }}@{{ include "product-catalog.databaseHost" . }}:{{ $port }}/{{ .root.Values.database.name }}"
- name: CATALOG_DATABASE_PASSWORD_FILE
  value: /run/secrets/catalog/database-password
{{- if include "product-catalog.databaseCa" .root }}
- name: CATALOG_DATABASE_TLS_CA_FILE
  value: /run/secrets/database-ca/ca.crt
{{- end }}
{{- end }}

{{/* Secret with the certificate authority of the external database, if there is one. */}}
{{- define "product-catalog.databaseCa" -}}
{{- if not .Values.mysql.enabled -}}{{- .Values.externalDatabase.tls.caSecret -}}{{- end -}}
{{- end }}

{{/* The volume with that certificate authority. */}}
{{- define "product-catalog.databaseCaVolume" -}}
{{- with include "product-catalog.databaseCa" . -}}
- name: database-ca
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - {key: {{ $.Values.externalDatabase.tls.caKey }}, path: ca.crt}
{{- end }}
{{- end }}

{{/* The mount of that volume. */}}
{{- define "product-catalog.databaseCaMount" -}}
{{- if include "product-catalog.databaseCa" . -}}
- {name: database-ca, mountPath: /run/secrets/database-ca, readOnly: true}
{{- end }}
{{- end }}

{{/* The rule of a NetworkPolicy that lets pods connect to the database. */}}
{{- define "product-catalog.databaseEgress" -}}
{{- if .Values.mysql.enabled -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "product-catalog.selectorLabels" (dict "root" . "component" "mysql") | nindent 10 }}
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

{{/* The rule of a NetworkPolicy that lets pods connect to the cluster's API server. */}}
{{- define "product-catalog.apiServerEgress" -}}
- ports:
    {{- range .Values.networkPolicy.apiServerPorts }}
    - {port: {{ int . }}, protocol: TCP}
    {{- end }}
  {{- with .Values.networkPolicy.apiServerTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The ports in URLs, each once, as JSON. Takes the URLs. */}}
{{- define "product-catalog.portsOf" -}}
{{- $ports := list -}}
{{- range . -}}
{{- $port := regexFind ":[0-9]+$" (urlParse .).host | trimPrefix ":" -}}
{{- $ports = append $ports ($port | default (ternary "443" "80" (hasPrefix "https:" .)) | int) -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end }}
