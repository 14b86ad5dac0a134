{{- define "cassandra.migration.pod" -}}
{{- $prefix := "GRIDPULSE_SCHEMA" -}}
{{- $cassandra := .Values.global.cassandra -}}
{{- $settings := dict
  "CONTACT_POINTS" (include "gridpulse.cassandra.contactPoints" .)
  "PORT" $cassandra.port
  "LOCAL_DATACENTER" $cassandra.datacenter
  "KEYSPACE" $cassandra.keyspace
  "REPLICATION" (include "cassandra.replication" .)
  "WAIT_SECONDS" .Values.migration.waitSeconds
-}}
{{- $settings = merge $settings (include "gridpulse.cassandra.tlsSettings" . | fromYaml) -}}
metadata:
  labels:
    {{- include "gridpulse.selectorLabels" (list . "migration") | nindent 4 }}
spec:
  {{- include "gridpulse.podFields" (list . .Values.migration (include "gridpulse.name" (list . "migration"))) | nindent 2 }}
  restartPolicy: OnFailure
  containers:
    - name: migration
      {{- include "gridpulse.imageFields" (list . "schema") | nindent 6 }}
      command: [python3, -m, gridpulse_schema, migrate]
      env:
        - name: HOME
          value: /tmp
        {{- include "gridpulse.env" (list $prefix $settings) | trim | nindent 8 }}
        {{- include "gridpulse.cassandra.logins" (list . (printf "%s_" $prefix) "owner") | nindent 8 }}
        {{- if and $cassandra.credentials.enabled .Values.migration.makeLogins }}
        {{- range $kind := list "reader" "writer" }}
        {{- if (index $cassandra.credentials $kind).existingSecret }}
        {{- include "gridpulse.cassandra.logins" (list $ (printf "%s_%s_" $prefix (upper $kind)) $kind) | nindent 8 }}
        {{- end }}
        {{- end }}
        {{- end }}
      securityContext:
        {{- include "gridpulse.securityContext" . | nindent 8 }}
      resources:
        {{- toYaml .Values.migration.resources | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- include "gridpulse.cassandra.mounts" . | nindent 8 }}
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 16Mi
    {{- include "gridpulse.cassandra.volumes" (list . "caKey") | nindent 4 }}
{{- end -}}

{{- define "cassandra.replication" -}}
{{- $factor := .Values.migration.replicationFactor | default (min 3 .Values.cluster.size) -}}
{{- dict "class" "NetworkTopologyStrategy" .Values.global.cassandra.datacenter (int $factor) | toJson -}}
{{- end -}}

{{- define "cassandra.migration.hash" -}}
{{- /* Of all that the Job does: a Job can't be changed, so what changes gets a Job of its own. */ -}}
{{- $text := include "cassandra.migration.pod" . -}}
{{- range $path, $_ := .Files.Glob "files/migrations/*.cql" }}{{ $text = printf "%s\n%s\n%s" $text $path ($.Files.Get $path) }}{{ end -}}
{{- $text | sha256sum | trunc 10 -}}
{{- end -}}
