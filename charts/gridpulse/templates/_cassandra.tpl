{{/*
How a client finds Cassandra and proves who it is. Where global.cassandra.contactPoints is empty, it is the K8ssandra
cluster that this release makes, with the names that K8ssandra gives.
*/}}

{{- define "gridpulse.cassandra.contactPoints" -}}
{{- .Values.global.cassandra.contactPoints | default (printf "%s-%s-service" .Release.Name .Values.global.cassandra.datacenter) -}}
{{- end -}}

{{- define "gridpulse.cassandra.credentialsSecret" -}}
{{- /* (list . kind): of a reader, a writer, or the owner of the schema, whose login the others have where they have none. */ -}}
{{- $root := index . 0 -}}
{{- $credentials := $root.Values.global.cassandra.credentials -}}
{{- (get $credentials (index . 1) | default dict).existingSecret | default $credentials.existingSecret | default (printf "%s-superuser" $root.Release.Name) -}}
{{- end -}}

{{- define "gridpulse.cassandra.tlsSecret" -}}
{{- .Values.global.cassandra.tls.existingSecret | default (printf "%s-cassandra-tls" .Release.Name) -}}
{{- end -}}

{{- define "gridpulse.cassandra.storePasswordSecret" -}}
{{- .Values.global.cassandra.tls.storePassword.existingSecret | default (printf "%s-cassandra-store-password" .Release.Name) -}}
{{- end -}}

{{- define "gridpulse.cassandra.tlsSettings" -}}
{{- /* Of programs in Python. Pods have no names that a certificate could be for, so it is for their Service. */ -}}
{{- $cassandra := .Values.global.cassandra -}}
{{- if $cassandra.tls.enabled -}}
CASSANDRA_SSL_CA_FILE: /etc/gridpulse/cassandra/ca.crt
{{- if $cassandra.tls.serverName }}
CASSANDRA_SSL_SERVER_NAME: {{ $cassandra.tls.serverName }}
{{- else if not $cassandra.contactPoints }}
CASSANDRA_SSL_SERVER_NAME: {{ include "gridpulse.cassandra.contactPoints" . }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "gridpulse.cassandra.logins" -}}
{{- /* (list . prefix kind): who it is. prefix has what comes before USERNAME. */ -}}
{{- $root := index . 0 -}}
{{- $secret := include "gridpulse.cassandra.credentialsSecret" (list $root (index . 2)) -}}
{{- $credentials := $root.Values.global.cassandra.credentials -}}
{{- if $credentials.enabled }}
{{ include "gridpulse.secretEnv" (list (printf "%sUSERNAME" (index . 1)) $secret $credentials.usernameKey) }}
{{ include "gridpulse.secretEnv" (list (printf "%sPASSWORD" (index . 1)) $secret $credentials.passwordKey) }}
{{- end }}
{{- end -}}

{{- define "gridpulse.cassandra.sparkSettings" -}}
{{- /* What is no secret, by the names that every Spark job's settings have. */ -}}
{{- $cassandra := .Values.global.cassandra -}}
CASSANDRA_CONTACT_POINTS: {{ include "gridpulse.cassandra.contactPoints" . | quote }}
CASSANDRA_PORT: {{ $cassandra.port | quote }}
CASSANDRA_LOCAL_DATACENTER: {{ $cassandra.datacenter }}
{{- if $cassandra.tls.enabled }}
CASSANDRA_TRUSTSTORE_FILE: /etc/gridpulse/cassandra/truststore.jks
{{- end }}
{{- end -}}

{{- define "gridpulse.cassandra.sparkEnv" -}}
{{- /* (list . prefix) */ -}}
{{- $root := index . 0 -}}
{{- $tls := $root.Values.global.cassandra.tls -}}
{{- include "gridpulse.env" (list (index . 1) (include "gridpulse.cassandra.sparkSettings" $root | fromYaml)) }}
{{- include "gridpulse.cassandra.logins" (list $root (printf "%s_CASSANDRA_" (index . 1)) "writer") }}
{{- if $tls.enabled }}
{{ include "gridpulse.secretEnv" (list (printf "%s_CASSANDRA_TRUSTSTORE_PASSWORD" (index . 1)) (include "gridpulse.cassandra.storePasswordSecret" $root) $tls.storePassword.key) }}
{{- end }}
{{- end -}}

{{- define "gridpulse.cassandra.volumes" -}}
{{- /* (list . key-in-the-values ...): those files of the TLS Secret, by the names that settings point at. */ -}}
{{- $root := index . 0 -}}
{{- $tls := $root.Values.global.cassandra.tls -}}
{{- $paths := dict "caKey" "ca.crt" "truststoreKey" "truststore.jks" -}}
{{- if $tls.enabled }}
- name: cassandra-tls
  secret:
    secretName: {{ include "gridpulse.cassandra.tlsSecret" $root }}
    items:
      {{- range rest . }}
      - key: {{ index $tls . }}
        path: {{ index $paths . }}
      {{- end }}
{{- end }}
{{- end -}}

{{- define "gridpulse.cassandra.mounts" -}}
{{- if .Values.global.cassandra.tls.enabled }}
- name: cassandra-tls
  mountPath: /etc/gridpulse/cassandra
  readOnly: true
{{- end }}
{{- end -}}
