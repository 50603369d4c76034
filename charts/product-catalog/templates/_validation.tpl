{{/*
Stops the rendering with a sentence when values contradict each other or something in the cluster. The schema has
already refused unknown keys and wrong types.
*/}}
{{- define "product-catalog.validate" -}}
  {{- include "product-catalog.checkPresence" . -}}
  {{- include "product-catalog.setEmptyValues" . -}}
  {{- include "product-catalog.checkNames" . -}}
  {{- include "product-catalog.checkLabels" . -}}
  {{- include "product-catalog.checkServiceAccounts" . -}}
  {{- include "product-catalog.checkDatabase" . -}}
  {{- include "product-catalog.checkBackup" . -}}
  {{- include "product-catalog.checkSecret" . -}}
  {{- include "product-catalog.checkAuth" . -}}
  {{- include "product-catalog.checkClaim" . -}}
  {{- include "product-catalog.checkIngress" . -}}
  {{- include "product-catalog.checkHttpRoute" . -}}
  {{- range $block := include "product-catalog.podBlocks" . | fromYamlArray -}}
    {{- $values := include "product-catalog.blockValues" (dict "root" $ "block" $block) | fromJson -}}
    {{- include "product-catalog.checkContainer" (dict "name" $block "values" $values) -}}
  {{- end -}}
  {{- range $service := include "product-catalog.services" . | fromYamlArray -}}
    {{- $values := include "product-catalog.blockValues" (dict "root" $ "block" $service.block) | fromJson -}}
    {{- include "product-catalog.checkService" (dict "name" $service.block "values" $values) -}}
  {{- end -}}
  {{- include "product-catalog.checkProbes" (dict "name" "mysql" "values" .Values.mysql) -}}
  {{- include "product-catalog.checkPods" . -}}
{{- end }}

{{/* The blocks of values in which what concerns pods may be repeated. */}}
{{- define "product-catalog.podBlocks" -}}
  {{- $blocks := list -}}
  {{- range include "product-catalog.services" . | fromYamlArray }}{{ $blocks = append $blocks .block }}{{ end -}}
  {{- concat $blocks (list "mysql" "jobs" "backup") | toYaml -}}
{{- end }}

{{/*
Every key that is needed is there. An upgrade with --reuse-values keeps the old version's values, which lack the new
keys.
*/}}
{{- define "product-catalog.checkPresence" -}}
  {{- range $path := include "product-catalog.neededKeys" . | fromYamlArray -}}
    {{- $at := $.Values -}}
    {{- $walked := list -}}
    {{- range $key := splitList "." $path -}}
      {{- $walked = append $walked $key -}}
      {{- if kindIs "invalid" (index $at $key) -}}
        {{- fail (printf "%s is missing or null. After an upgrade of the chart use --reset-then-reuse-values instead of --reuse-values; to leave a key at its default, remove it from your values." (join "." $walked)) -}}
      {{- end -}}
      {{- $at = index $at $key -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{/*
Gives a key that was set to null, which Helm therefore removed from the values, its empty value, for all templates.
*/}}
{{- define "product-catalog.setEmptyValues" -}}
  {{- range $path, $empty := include "product-catalog.emptyValues" . | fromYaml -}}
    {{- $keys := splitList "." $path -}}
    {{- $at := $.Values -}}
    {{- range initial $keys }}{{ if kindIs "map" $at }}{{ $at = index $at . }}{{ end }}{{ end -}}
    {{- if kindIs "map" $at -}}
      {{- if kindIs "invalid" (index $at (last $keys)) }}{{ $_ := set $at (last $keys) $empty }}{{ end -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{- define "product-catalog.checkNames" -}}
  {{- if not (regexMatch "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$" .Values.fullnameOverride) -}}
    {{- fail (printf "fullnameOverride is %q, which cannot begin the name of an object: use lower-case letters, digits and -, and begin and end with a letter or digit." .Values.fullnameOverride) -}}
  {{- end -}}
  {{- if not (regexMatch "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$" .Values.nameOverride) -}}
    {{- fail (printf "nameOverride is %q, which cannot be the value of a label: use at most 63 letters, digits, -, _ and ., and begin and end with a letter or digit." .Values.nameOverride) -}}
  {{- end -}}
{{- end }}

{{/* No label is given that the chart sets itself: selectors hold some of them. */}}
{{- define "product-catalog.checkLabels" -}}
  {{- $reserved := list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/version" "app.kubernetes.io/part-of" "app.kubernetes.io/managed-by" "helm.sh/chart" -}}
  {{- $given := dict "commonLabels" .Values.commonLabels "podLabels" .Values.podLabels "serviceMonitor.labels" (get (.Values.serviceMonitor | default dict) "labels" | default dict) -}}
  {{- range $block := include "product-catalog.podBlocks" . | fromYamlArray -}}
    {{- $given = set $given (printf "%s.podLabels" $block) (get (get $.Values $block) "podLabels" | default dict) -}}
  {{- end -}}
  {{- range $key, $labels := $given -}}
    {{- range $label := keys $labels | sortAlpha -}}
      {{- if has $label $reserved -}}
        {{- fail (printf "%s sets %s, which the chart sets itself: choose another label." $key $label) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{/* Each ServiceAccount is created once. */}}
{{- define "product-catalog.checkServiceAccounts" -}}
  {{- $names := list -}}
  {{- range $service := include "product-catalog.services" . | fromYamlArray -}}
    {{- $account := (include "product-catalog.blockValues" (dict "root" $ "block" $service.block) | fromJson).serviceAccount -}}
    {{- if and $account.create $account.name -}}
      {{- if has $account.name $names -}}
        {{- fail (printf "serviceAccount.name of %s is %q, which another service creates too: give each service a name of its own, or set serviceAccount.create to false." $service.block $account.name) -}}
      {{- end -}}
      {{- $names = append $names $account.name -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{- define "product-catalog.checkDatabase" -}}
  {{- if and .Values.mysql.enabled .Values.externalDatabase.host -}}
    {{- fail "mysql.enabled and externalDatabase.host name two databases at once: set mysql.enabled to false to use the external one, or leave externalDatabase.host empty." -}}
  {{- end -}}
  {{- if not (or .Values.mysql.enabled .Values.externalDatabase.host) -}}
    {{- fail "mysql.enabled is false and externalDatabase.host is empty: name the host of your MySQL server in externalDatabase.host, or set mysql.enabled to true." -}}
  {{- end -}}
  {{- if and .Values.externalDatabase.host (not .Values.credentials.existingSecret) -}}
    {{- fail "externalDatabase.host needs credentials.existingSecret: name the Secret with the passwords of that server's users." -}}
  {{- end -}}
  {{- if and .Values.externalDatabase.readHost .Values.mysql.enabled -}}
    {{- fail "externalDatabase.readHost has no effect while mysql.enabled is true: set mysql.enabled to false and name externalDatabase.host." -}}
  {{- end -}}
  {{- if and .Values.externalDatabase.tls.caSecret .Values.mysql.enabled -}}
    {{- fail "externalDatabase.tls.caSecret has no effect while mysql.enabled is true: set mysql.enabled to false and name externalDatabase.host." -}}
  {{- end -}}
  {{- if has (lower .Values.database.name) (list "mysql" "sys" "information_schema" "performance_schema") -}}
    {{- fail (printf "database.name is %q, which is MySQL's own: choose another name." .Values.database.name) -}}
  {{- end -}}
  {{- $users := list .Values.database.migratorUser .Values.database.writerUser .Values.database.readerUser .Values.database.backupUser -}}
  {{- if and .Values.mysql.enabled (lt (len (uniq $users)) 4) -}}
    {{- fail (printf "database.migratorUser, writerUser, readerUser and backupUser must be four different names, and are %s." (join ", " $users)) -}}
  {{- end -}}
  {{- range $key := list "migratorUser" "writerUser" "readerUser" "backupUser" -}}
    {{- if and $.Values.mysql.enabled (eq (get $.Values.database $key) "root") -}}
      {{- fail (printf "database.%s is root, whose rights and password MySQL's pod needs for itself: choose another name." $key) -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{- define "product-catalog.checkBackup" -}}
  {{- range $key := list "storageClass" "annotations" -}}
    {{- if and $.Values.backup.persistence.existingClaim (get $.Values.backup.persistence $key) -}}
      {{- fail (printf "backup.persistence.%s has no effect on the claim that backup.persistence.existingClaim names: remove one of the two." $key) -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{/*
A Secret of the user's own is there and complete: seen only where Helm talks to the cluster, and not while the
namespace is still to be created.
*/}}
{{- define "product-catalog.checkSecret" -}}
  {{- $name := .Values.credentials.existingSecret -}}
  {{- if and $name (lookup "v1" "ServiceAccount" .Release.Namespace "default") -}}
    {{- $secret := lookup "v1" "Secret" .Release.Namespace $name -}}
    {{- if not $secret -}}
      {{- fail (printf "credentials.existingSecret names the Secret %q, which is not in the namespace %q: create it there first." $name .Release.Namespace) -}}
    {{- end -}}
    {{- $keys := list "migrator-password" "writer-password" "reader-password" "secret-key" -}}
    {{- if .Values.mysql.enabled -}}{{- $keys = append $keys "root-password" -}}{{- end -}}
    {{- if or .Values.mysql.enabled .Values.backup.enabled -}}{{- $keys = append $keys "backup-password" -}}{{- end -}}
    {{- range $key := $keys -}}
      {{- if not (get $secret.data $key) -}}
        {{- fail (printf "credentials.existingSecret names the Secret %q, which lacks the key %s." $name $key) -}}
      {{- end -}}
    {{- end -}}
    {{- if .Values.auth.enabled -}}
      {{- $lacking := list -}}
      {{- range $key := list "signing-key" "verification-keys" }}{{ if not (get $secret.data $key) }}{{ $lacking = append $lacking $key }}{{ end }}{{ end -}}
      {{- /* No account at all is possible, where people sign in through a provider. */ -}}
      {{- range $key := list "editors" "readers" }}{{ if not (hasKey $secret.data $key) }}{{ $lacking = append $lacking $key }}{{ end }}{{ end -}}
      {{- if $lacking -}}
        {{- fail (printf "credentials.existingSecret names the Secret %q, which lacks what auth.enabled needs to sign in, the keys %s: make them as https://github.com/product-catalog/product-catalog/blob/main/docs/operations.md#a-secret-of-your-own says, or set auth.enabled to false." $name (join ", " $lacking)) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{/*
MySQL's claim is as it was made, since Kubernetes refuses to change it, and would do so in the middle of an upgrade:
seen only where Helm talks to the cluster.
*/}}
{{- define "product-catalog.checkClaim" -}}
  {{- $name := printf "%s-mysql" (include "product-catalog.fullname" .) -}}
  {{- $present := dict -}}
  {{- if .Values.mysql.enabled }}{{ $present = lookup "apps/v1" "StatefulSet" .Release.Namespace $name | default dict }}{{ end -}}
  {{- if $present -}}
    {{- $claims := $present.spec.volumeClaimTemplates | default list -}}
    {{- if ne .Values.mysql.persistence.enabled (gt (len $claims) 0) -}}
      {{- fail (printf "mysql.persistence.enabled cannot be changed after the installation: leave it at %t." (gt (len $claims) 0)) -}}
    {{- end -}}
    {{- if $claims -}}
      {{- $claim := first $claims -}}
      {{- $size := $claim.spec.resources.requests.storage -}}
      {{- if ne (include "product-catalog.number" $size) (include "product-catalog.number" .Values.mysql.persistence.size) -}}
        {{- fail (printf "mysql.persistence.size cannot be changed after the installation: leave it at %s, and enlarge the volume as https://github.com/product-catalog/product-catalog/blob/main/docs/operations.md explains (A larger volume)." $size) -}}
      {{- end -}}
      {{- $class := "" -}}
      {{- if hasKey $claim.spec "storageClassName" }}{{ $class = $claim.spec.storageClassName | default "-" }}{{ end -}}
      {{- if ne $class .Values.mysql.persistence.storageClass -}}
        {{- fail (printf "mysql.persistence.storageClass cannot be changed after the installation: leave it at %q." $class) -}}
      {{- end -}}
      {{- if ne (toJson $claim.spec.accessModes) (toJson .Values.mysql.persistence.accessModes) -}}
        {{- fail (printf "mysql.persistence.accessModes cannot be changed after the installation: leave it at %s." (toJson $claim.spec.accessModes)) -}}
      {{- end -}}
      {{- if ne (toJson ($claim.metadata.annotations | default dict)) (toJson .Values.mysql.persistence.annotations) -}}
        {{- fail (printf "mysql.persistence.annotations cannot be changed after the installation: leave it at %s." (toJson ($claim.metadata.annotations | default dict))) -}}
      {{- end -}}
    {{- end -}}
    {{- $label := index $present.spec.selector.matchLabels "app.kubernetes.io/name" -}}
    {{- if ne $label (.Values.nameOverride | default .Chart.Name) -}}
      {{- fail (printf "nameOverride cannot be changed after the installation, since selectors hold it: leave it at %q." $label) -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{/* Who may do what. */}}
{{- define "product-catalog.checkAuth" -}}
  {{- $auth := .Values.auth -}}
  {{- if not $auth.enabled -}}
    {{- if not $auth.anonymousRead -}}
      {{- fail "auth.anonymousRead is false and auth.enabled is false too, so that everybody may even write: set auth.enabled to true." -}}
    {{- end -}}
    {{- range $key, $value := dict "auth.oidc.issuer" $auth.oidc.issuer "auth.jwt.issuers" $auth.jwt.issuers "auth.jwt.serviceAccounts.enabled" $auth.jwt.serviceAccounts.enabled -}}
      {{- if $value }}{{ fail (printf "%s has no effect while auth.enabled is false: set auth.enabled to true." $key) }}{{ end -}}
    {{- end -}}
    {{- range $key, $value := dict "ingress.api.enabled" .Values.ingress.api.enabled "httpRoute.api" .Values.httpRoute.api -}}
      {{- if $value }}{{ fail (printf "%s publishes the APIs, where everybody could write while auth.enabled is false: set auth.enabled to true." $key) }}{{ end -}}
    {{- end -}}
  {{- end -}}
  {{- include "product-catalog.checkProvider" . -}}
  {{- include "product-catalog.checkIssuers" . -}}
  {{- include "product-catalog.checkApiRoutes" . -}}
{{- end }}

{{- define "product-catalog.checkProvider" -}}
  {{- $oidc := .Values.auth.oidc -}}
  {{- if $oidc.issuer -}}
    {{- if not (hasPrefix "https://" $oidc.issuer) -}}
      {{- fail (printf "auth.oidc.issuer is %s: without https, anybody on the way could sign in as somebody else." $oidc.issuer) -}}
    {{- end -}}
    {{- if not $oidc.clientId -}}
      {{- fail "auth.oidc.clientId is empty: name the ID that the provider in auth.oidc.issuer knows the pages by." -}}
    {{- end -}}
    {{- if not (or $oidc.editorGroups $oidc.readerGroups) -}}
      {{- fail "auth.oidc.editorGroups and auth.oidc.readerGroups are both empty, so nobody could do anything after signing in through auth.oidc.issuer: name the groups that may write or read." -}}
    {{- end -}}
    {{- if has "*" $oidc.editorGroups -}}
      {{- fail "auth.oidc.editorGroups has *, by which everybody at the provider could write: name the groups that may." -}}
    {{- end -}}
    {{- if not (has "openid" $oidc.scopes) -}}
      {{- fail "auth.oidc.scopes lacks openid, without which the provider does not say who has signed in." -}}
    {{- end -}}
    {{- if not (include "product-catalog.publicUrl" .) -}}
      {{- fail "publicUrl is needed: the provider in auth.oidc.issuer sends people back to the address of the pages." -}}
    {{- end -}}
  {{- else -}}
    {{- range $key := list "clientId" "existingSecret" "caSecret" "editorGroups" "readerGroups" -}}
      {{- if get $oidc $key -}}
        {{- fail (printf "auth.oidc.%s has no effect while auth.oidc.issuer is empty: name the provider there." $key) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{- define "product-catalog.checkIssuers" -}}
  {{- $accounts := .Values.auth.jwt.serviceAccounts -}}
  {{- $names := list -}}
  {{- range $issuer := .Values.auth.jwt.issuers -}}
    {{- if not (or $issuer.editors $issuer.readers) -}}
      {{- fail (printf "auth.jwt.issuers has %s with neither editors nor readers, so its tokens could do nothing: name the values of the claim %s that may." $issuer.issuer ($issuer.claim | default "sub")) -}}
    {{- end -}}
    {{- $names = append $names $issuer.issuer -}}
  {{- end -}}
  {{- if $accounts.enabled -}}
    {{- if not $accounts.issuer -}}
      {{- fail "auth.jwt.serviceAccounts.issuer is empty: `kubectl get --raw /.well-known/openid-configuration` shows what this cluster calls itself." -}}
    {{- end -}}
    {{- if not (or $accounts.editors $accounts.readers) -}}
      {{- fail "auth.jwt.serviceAccounts.editors and auth.jwt.serviceAccounts.readers are both empty: name the service accounts that may write or read." -}}
    {{- end -}}
    {{- $names = append $names $accounts.issuer -}}
  {{- end -}}
  {{- range $name := uniq $names -}}
    {{- $times := 0 -}}
    {{- range $names }}{{ if eq . $name }}{{ $times = add1 $times }}{{ end }}{{ end -}}
    {{- if gt (int $times) 1 -}}
      {{- fail (printf "auth.jwt names the issuer %s twice: name it once, with all its editors and readers." $name) -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{/* Where programs outside of the cluster reach the APIs. */}}
{{- define "product-catalog.checkApiRoutes" -}}
  {{- $api := .Values.ingress.api -}}
  {{- if $api.enabled -}}
    {{- if not .Values.ingress.enabled -}}
      {{- fail "ingress.api.enabled has no effect while ingress.enabled is false: set ingress.enabled to true." -}}
    {{- end -}}
    {{- if not (or $api.readHost $api.writeHost) -}}
      {{- fail "ingress.api.enabled needs ingress.api.readHost or ingress.api.writeHost: name the host at which programs reach the API that reads, or the one that writes." -}}
    {{- end -}}
    {{- if eq $api.readHost $api.writeHost -}}
      {{- fail (printf "ingress.api.readHost and ingress.api.writeHost are both %q: an Ingress cannot tell reading from writing at one host, so name two." $api.readHost) -}}
    {{- end -}}
    {{- range .Values.ingress.hosts -}}
      {{- if has .host (compact (list $api.readHost $api.writeHost)) -}}
        {{- fail (printf "ingress.api and ingress.hosts both name %q: give the APIs hosts of their own." .host) -}}
      {{- end -}}
    {{- end -}}
    {{- range $host := compact (list $api.readHost $api.writeHost) -}}
      {{- $encrypted := false -}}
      {{- range $.Values.ingress.tls }}{{ if has $host .hosts }}{{ $encrypted = true }}{{ end }}{{ end -}}
      {{- if and $.Values.ingress.tls (not $encrypted) -}}
        {{- fail (printf "ingress.tls lacks %s, one of the hosts in ingress.api: tokens would cross the network in clear." $host) -}}
      {{- end -}}
    {{- end -}}
  {{- else if or $api.readHost $api.writeHost -}}
    {{- fail "ingress.api.readHost and ingress.api.writeHost have no effect while ingress.api.enabled is false." -}}
  {{- end -}}
  {{- if and .Values.httpRoute.api (not .Values.httpRoute.enabled) -}}
    {{- fail "httpRoute.api has no effect while httpRoute.enabled is false: set httpRoute.enabled to true." -}}
  {{- end -}}
  {{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.apiFrom) -}}
    {{- range $key, $value := dict "ingress.api.enabled" $api.enabled "httpRoute.api" .Values.httpRoute.api -}}
      {{- if $value }}{{ fail (printf "%s needs networkPolicy.apiFrom: name the namespace of the controller there, such as [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress-nginx}}}]." $key) }}{{ end -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{- define "product-catalog.checkIngress" -}}
  {{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
    {{- fail "ingress.hosts is empty: name the host under which people open the pages, as ingress.enabled is true." -}}
  {{- end -}}
  {{- if and .Values.ingress.tls (not .Values.ingress.hosts) -}}
    {{- fail "ingress.tls asks for a certificate and ingress.hosts is empty: name the host that it is for." -}}
  {{- end -}}
  {{- if and .Values.ingress.selfSigned (not .Values.ingress.tls) -}}
    {{- fail "ingress.selfSigned makes a certificate authority and ingress.tls is empty: name the hosts to sign for there, and a secretName." -}}
  {{- end -}}
  {{- range $key := list "cert-manager.io/cluster-issuer" "cert-manager.io/issuer" -}}
    {{- if and $.Values.ingress.selfSigned (hasKey $.Values.ingress.annotations $key) -}}
      {{- fail (printf "ingress.selfSigned and ingress.annotations name two issuers at once: set selfSigned to false, or remove %s." $key) -}}
    {{- end -}}
  {{- end -}}
  {{- if and .Values.ingress.className (hasKey .Values.ingress.annotations "kubernetes.io/ingress.class") -}}
    {{- fail "ingress.className and ingress.annotations both name a class: remove kubernetes.io/ingress.class." -}}
  {{- end -}}
  {{- range $host := .Values.ingress.hosts -}}
    {{- if regexMatch "^[0-9.]+$" $host.host -}}
      {{- fail (printf "ingress.hosts has the address %q: an Ingress takes names only." $host.host) -}}
    {{- end -}}
    {{- range $host.paths -}}
      {{- if and (ne (.pathType | default "Prefix") "ImplementationSpecific") (regexMatch "//|/\\.\\.?(/|$)|%2[fF]" .path) -}}
        {{- fail (printf "ingress.hosts has the path %q, which Kubernetes refuses: leave out //, /./, /../ and %%2F." .path) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- if and .Values.ingress.enabled (not .Values.publicUrl) -}}
    {{- $host := first .Values.ingress.hosts -}}
    {{- include "product-catalog.checkAddress" (dict "from" "ingress.hosts" "host" $host.host "path" (first $host.paths).path) -}}
  {{- end -}}
  {{- $hosts := list -}}
  {{- range .Values.ingress.hosts }}{{ $hosts = append $hosts .host }}{{ end -}}
  {{- if .Values.ingress.api.enabled }}{{ $hosts = concat $hosts (list .Values.ingress.api.readHost .Values.ingress.api.writeHost) }}{{ end -}}
  {{- range .Values.ingress.tls -}}
    {{- range .hosts -}}
      {{- if not (has . $hosts) -}}
        {{- fail (printf "ingress.tls names the host %q, which ingress.hosts does not: it would get a certificate but no pages." .) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{- define "product-catalog.checkHttpRoute" -}}
  {{- if .Values.httpRoute.enabled -}}
    {{- if not .Values.httpRoute.parentRefs -}}
      {{- fail "httpRoute.parentRefs is empty: name the Gateway, as httpRoute.enabled is true." -}}
    {{- end -}}
    {{- if not .Values.httpRoute.hostnames -}}
      {{- fail "httpRoute.hostnames is empty: name the host under which people open the pages, as httpRoute.enabled is true." -}}
    {{- end -}}
    {{- range .Values.httpRoute.redirectParentRefs -}}
      {{- if has . $.Values.httpRoute.parentRefs -}}
        {{- fail (printf "httpRoute.redirectParentRefs names %s, as httpRoute.parentRefs does: its requests would be redirected to itself. Name the listener for http in one and that for https in the other, with sectionName." (toJson .)) -}}
      {{- end -}}
    {{- end -}}
    {{- if not (or .Values.publicUrl .Values.ingress.enabled) -}}
      {{- include "product-catalog.checkAddress" (dict "from" "httpRoute" "host" (first .Values.httpRoute.hostnames) "path" .Values.httpRoute.path) -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{/* The address of the pages can be taken from a host and a path. Takes from, host and path. */}}
{{- define "product-catalog.checkAddress" -}}
  {{- if contains "*" .host -}}
    {{- fail (printf "publicUrl is needed: the host %q in %s stands for many, so the address of the pages cannot be taken from it." .host .from) -}}
  {{- end -}}
  {{- if not (regexMatch "^/[A-Za-z0-9/._~%-]*$" .path) -}}
    {{- fail (printf "publicUrl is needed: the path %q in %s is a pattern, so the address of the pages cannot be taken from it." .path .from) -}}
  {{- end -}}
{{- end }}

{{/* One service's values, with those for all. Takes name and values. */}}
{{- define "product-catalog.checkService" -}}
  {{- if and .values.autoscaling.enabled (not (kindIs "invalid" .values.replicaCount)) -}}
    {{- fail (printf "autoscaling.enabled and replicaCount both decide how many pods %s has: remove replicaCount, or set autoscaling.enabled to false." .name) -}}
  {{- end -}}
  {{- if and .values.autoscaling.enabled (gt (int .values.autoscaling.minReplicas) (int .values.autoscaling.maxReplicas)) -}}
    {{- fail (printf "autoscaling.minReplicas is above autoscaling.maxReplicas for %s." .name) -}}
  {{- end -}}
  {{- $resources := .values.resources | default dict -}}
  {{- if and .values.autoscaling.enabled (not (dig "requests" "cpu" "" $resources)) (not (dig "limits" "cpu" "" $resources)) -}}
    {{- fail (printf "autoscaling.enabled needs resources.requests.cpu, since it measures a share of it, and %s has none." .name) -}}
  {{- end -}}
  {{- if eq (int .values.service.port) 9090 -}}
    {{- fail (printf "service.port of %s is 9090, which is the port of its metrics: choose another one." .name) -}}
  {{- end -}}
  {{- include "product-catalog.checkBudget" . -}}
  {{- include "product-catalog.checkStrategy" . -}}
  {{- include "product-catalog.checkProbes" . -}}
  {{- if lt (int .values.terminationGracePeriodSeconds) (add (int .values.drainSeconds) 30 | int) -}}
    {{- fail (printf "terminationGracePeriodSeconds of %s must be at least drainSeconds + 30: after the %d seconds of draining, open requests get 30 more." .name (int .values.drainSeconds)) -}}
  {{- end -}}
{{- end }}

{{/* What the objects in a container's values say together, which may come from two blocks. Takes name and values. */}}
{{- define "product-catalog.checkContainer" -}}
  {{- $name := .name -}}
  {{- $resources := .values.resources | default dict -}}
  {{- range $resource, $limit := $resources.limits | default dict -}}
    {{- $request := get ($resources.requests | default dict) $resource -}}
    {{- if and $request $limit (gt (include "product-catalog.number" $request | float64) (include "product-catalog.number" $limit | float64)) -}}
      {{- fail (printf "resources.requests.%s of %s is %v, above resources.limits.%s, which is %v: raise the limit too." $resource $name $request $resource $limit) -}}
    {{- end -}}
  {{- end -}}
  {{- range $resource, $request := $resources.requests | default dict -}}
    {{- if and (contains "/" $resource) $request (ne (toString $request) (toString (get ($resources.limits | default dict) $resource))) -}}
      {{- fail (printf "resources.requests.%s of %s needs the same in resources.limits: such a resource cannot be shared." $resource $name) -}}
    {{- end -}}
  {{- end -}}
  {{- $security := .values.securityContext | default dict -}}
  {{- $pod := .values.podSecurityContext | default dict -}}
  {{- if and (or $security.privileged (has "CAP_SYS_ADMIN" (dig "capabilities" "add" list $security | default list))) (eq (toString $security.allowPrivilegeEscalation) "false") -}}
    {{- fail (printf "securityContext.allowPrivilegeEscalation of %s is false, which securityContext.privileged and CAP_SYS_ADMIN contradict." $name) -}}
  {{- end -}}
  {{- $user := ternary $security.runAsUser $pod.runAsUser (not (kindIs "invalid" $security.runAsUser)) -}}
  {{- $barred := ternary $security.runAsNonRoot $pod.runAsNonRoot (not (kindIs "invalid" $security.runAsNonRoot)) -}}
  {{- if and $barred (eq (toString $user) "0") -}}
    {{- fail (printf "runAsUser of %s is 0, which runAsNonRoot forbids." $name) -}}
  {{- end -}}
{{- end }}

{{/* Each probe asks in one way. Takes name and values. */}}
{{- define "product-catalog.checkProbes" -}}
  {{- $name := .name -}}
  {{- range $key := list "startupProbe" "livenessProbe" "readinessProbe" -}}
    {{- $probe := get $.values $key -}}
    {{- if $probe -}}
      {{- $ways := list -}}
      {{- range $way := list "exec" "grpc" "httpGet" "tcpSocket" }}{{ if get $probe $way }}{{ $ways = append $ways $way }}{{ end }}{{ end -}}
      {{- if ne (len $ways) 1 -}}
        {{- fail (printf "%s of %s must ask in one way, and has %s: set to null those that you do not want." $key $name (join ", " $ways | default "none")) -}}
      {{- end -}}
      {{- if and (ne $key "readinessProbe") (hasKey $probe "successThreshold") (gt (int $probe.successThreshold) 1) -}}
        {{- fail (printf "%s.successThreshold of %s is %v, and must be 1." $key $name $probe.successThreshold) -}}
      {{- end -}}
      {{- if and (eq $key "readinessProbe") $probe.terminationGracePeriodSeconds -}}
        {{- fail (printf "readinessProbe.terminationGracePeriodSeconds of %s has no meaning: an unready pod is not stopped." $name) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{/* A service's budget lets a drain take pods one by one. Takes name and values. */}}
{{- define "product-catalog.checkBudget" -}}
  {{- $budget := .values.podDisruptionBudget -}}
  {{- $pods := include "product-catalog.minReplicas" .values | int -}}
  {{- if not (or (kindIs "invalid" $budget.minAvailable) (kindIs "invalid" $budget.maxUnavailable)) -}}
    {{- fail (printf "podDisruptionBudget.minAvailable and podDisruptionBudget.maxUnavailable exclude each other; %s has both." .name) -}}
  {{- end -}}
  {{- if and $budget.enabled (gt $pods 0) -}}
    {{- if has (toString $budget.maxUnavailable) (list "0" "0%") -}}
      {{- fail (printf "podDisruptionBudget.maxUnavailable of %s is %v: no pod could ever be moved, and draining a node would never end. Allow at least 1." .name $budget.maxUnavailable) -}}
    {{- end -}}
    {{- $kept := toString $budget.minAvailable -}}
    {{- if hasSuffix "%" $kept -}}
      {{- $kept = divf (mulf (trimSuffix "%" $kept | float64) $pods) 100 | ceil -}}
    {{- end -}}
    {{- if and (not (kindIs "invalid" $budget.minAvailable)) (ge (int $kept) $pods) -}}
      {{- fail (printf "podDisruptionBudget.minAvailable of %s is %v with %d pods at the fewest: no pod could ever be moved, and draining a node would never end. Ask for fewer, or set podDisruptionBudget.enabled to false." .name $budget.minAvailable $pods) -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{/* A rollout can make progress. Takes name and values. */}}
{{- define "product-catalog.checkStrategy" -}}
  {{- $strategy := .values.strategy | default dict -}}
  {{- $rolling := $strategy.rollingUpdate | default dict -}}
  {{- if and (eq ($strategy.type | default "RollingUpdate") "Recreate") $rolling -}}
    {{- fail (printf "strategy.rollingUpdate of %s has no meaning while strategy.type is Recreate: set strategy.rollingUpdate to null." .name) -}}
  {{- end -}}
  {{- if and (has (toString $rolling.maxSurge) (list "0" "0%")) (has (toString $rolling.maxUnavailable) (list "0" "0%")) -}}
    {{- fail (printf "strategy.rollingUpdate of %s has maxSurge and maxUnavailable at 0, so no pod could ever be replaced: raise one of them." .name) -}}
  {{- end -}}
{{- end }}

{{/*
No pod gets a volume twice, and no container a variable or a mount: looks at the pods as they are rendered, and so knows
every name that the chart uses itself.
*/}}
{{- define "product-catalog.checkPods" -}}
  {{- range $file := list "services/deployment" "mysql/statefulset" "migrate/job" "credentials/job" "history/cronjob" "backup/job" "backup/cronjob-restore" "tests/products" -}}
    {{- range $document := include (printf "%s/%s.yaml" $.Template.BasePath $file) $ | splitList "\n---\n" -}}
      {{- $spec := (fromYaml $document).spec | default dict -}}
      {{- $spec = dig "jobTemplate" "spec" $spec $spec -}}
      {{- $pod := dig "template" "spec" $spec $spec -}}
      {{- $volumes := include "product-catalog.volumeNames" (concat (dig "volumeClaimTemplates" list $spec) (dig "volumes" list $pod)) | fromYamlArray -}}
      {{- range $container := concat (dig "initContainers" list $pod) (dig "containers" list $pod) -}}
        {{- include "product-catalog.checkVariablesAndMounts" (dict "container" $container "volumes" $volumes) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end }}

{{/* The names of volumes and claims, as a list. None is there twice. Takes the volumes and claims. */}}
{{- define "product-catalog.volumeNames" -}}
  {{- $names := list -}}
  {{- range . -}}
    {{- $name := .name | default (dig "metadata" "name" "" .) -}}
    {{- if has $name $names -}}
      {{- fail (printf "extraVolumes has %s, which is there already, as a volume of the chart or once more in extraVolumes." $name) -}}
    {{- end -}}
    {{- $names = append $names $name -}}
  {{- end -}}
  {{- toYaml $names -}}
{{- end }}

{{/* Takes container, and volumes, the names of the pod's volumes. */}}
{{- define "product-catalog.checkVariablesAndMounts" -}}
  {{- $variables := list -}}
  {{- range .container.env -}}
    {{- if has .name $variables -}}
      {{- fail (printf "extraEnv has %s, which is set already, by another value of the chart or once more in extraEnv." .name) -}}
    {{- end -}}
    {{- $variables = append $variables .name -}}
  {{- end -}}
  {{- $paths := list -}}
  {{- range .container.volumeMounts -}}
    {{- if has .mountPath $paths -}}
      {{- fail (printf "extraVolumeMounts has the path %s, where something is mounted already, by the chart or once more in extraVolumeMounts." .mountPath) -}}
    {{- end -}}
    {{- if not (has .name $.volumes) -}}
      {{- fail (printf "extraVolumeMounts names the volume %s, which is not in extraVolumes." .name) -}}
    {{- end -}}
    {{- $paths = append $paths .mountPath -}}
  {{- end -}}
{{- end }}

{{/* A Kubernetes quantity, such as 8Gi or 50m, as a number. Takes the quantity. */}}
{{- define "product-catalog.number" -}}
  {{- $text := toString . -}}
  {{- $number := regexFind "^\\+?[0-9.]+([eE][+-]?[0-9]+)?" $text -}}
  {{- $factors := dict "n" 1e-9 "u" 1e-6 "m" 1e-3 "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 "Ei" 1152921504606846976 -}}
  {{- printf "%.9f" (mulf (float64 $number) (get $factors (trimPrefix $number $text)) | float64) -}}
{{- end }}
