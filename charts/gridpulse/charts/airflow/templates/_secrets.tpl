{{- define "airflow.podSecrets" -}}
{{- /* Which values of which Secrets the scheduled pods get: passwords as variables, certificates as files. */ -}}
{{- $kafka := .Values.global.kafka -}}
{{- $cassandra := .Values.global.cassandra -}}
{{- $sasl := hasPrefix "SASL" $kafka.securityProtocol -}}
{{- $kafkaCa := include "gridpulse.kafka.caSecret" . -}}
ingester:
  variables:
    {{- with .Values.ingester.tokenSecret.name }}
    GRIDPULSE_INGESTER_API_TOKEN: {name: {{ tpl . $ | quote }}, key: {{ $.Values.ingester.tokenSecret.key | quote }}}
    {{- end }}
    {{- with .Values.ingester.queryApiKeySecret }}
    {{- if .name }}
    GRIDPULSE_INGESTER_QUERY_API_KEY: {name: {{ .name | quote }}, key: {{ .key | quote }}}
    {{- end }}
    {{- end }}
    {{- if $sasl }}
    GRIDPULSE_INGESTER_KAFKA_SASL_PASSWORD: {name: {{ include "gridpulse.kafka.passwordSecret" (list . "ingester") }}, key: {{ $kafka.clients.ingester.passwordKey }}}
    {{- end }}
  files:
    {{- if $kafkaCa }}
    kafka: {name: {{ $kafkaCa }}, items: { {{ $kafka.caSecret.key | quote }}: ca.crt } }
    {{- end }}
spark:
  variables:
    {{- if $sasl }}
    GRIDPULSE_ARCHIVE_KAFKA_SASL_PASSWORD: {name: {{ include "gridpulse.kafka.passwordSecret" (list . "archive") }}, key: {{ $kafka.clients.archive.passwordKey }}}
    {{- end }}
    {{- range $prefix, $settings := include "airflow.jobs" . | fromYaml }}
    {{- if hasKey $settings "CASSANDRA_PORT" }}
    {{- if $cassandra.credentials.enabled }}
    {{- $secret := include "gridpulse.cassandra.credentialsSecret" (list $ "writer") }}
    {{ $prefix }}_CASSANDRA_USERNAME: {name: {{ $secret }}, key: {{ $cassandra.credentials.usernameKey }}}
    {{ $prefix }}_CASSANDRA_PASSWORD: {name: {{ $secret }}, key: {{ $cassandra.credentials.passwordKey }}}
    {{- end }}
    {{- if $cassandra.tls.enabled }}
    {{ $prefix }}_CASSANDRA_TRUSTSTORE_PASSWORD: {name: {{ include "gridpulse.cassandra.storePasswordSecret" $ }}, key: {{ $cassandra.tls.storePassword.key }}}
    {{- end }}
    {{- end }}
    {{- end }}
  files:
    {{- if $kafkaCa }}
    kafka: {name: {{ $kafkaCa }}, items: { {{ $kafka.caSecret.key | quote }}: ca.crt } }
    {{- end }}
    {{- if $cassandra.tls.enabled }}
    cassandra: {name: {{ include "gridpulse.cassandra.tlsSecret" . }}, items: { {{ $cassandra.tls.truststoreKey | quote }}: truststore.jks } }
    {{- end }}
{{- end -}}
