{{/*
How a client finds Kafka and proves who it is. Where global.kafka.bootstrapServers is empty, Kafka is the Strimzi cluster
that this release makes, or the one that global.kafka.clusterName names; its users and secrets then have Strimzi's names.
*/}}

{{- define "gridpulse.kafka.cluster" -}}
{{- .Values.global.kafka.clusterName | default .Release.Name -}}
{{- end -}}

{{- define "gridpulse.kafka.bootstrapServers" -}}
{{- .Values.global.kafka.bootstrapServers | default (printf "%s-kafka-bootstrap:9093" (include "gridpulse.kafka.cluster" .)) -}}
{{- end -}}

{{- define "gridpulse.kafka.user" -}}
{{- /* (list . client) */ -}}
{{- $client := index (index . 0).Values.global.kafka.clients (index . 1) -}}
{{- $client.username | default (printf "%s-kafka-%s" (index . 0).Release.Name (index . 1)) -}}
{{- end -}}

{{- define "gridpulse.kafka.passwordSecret" -}}
{{- /* (list . client): the Secret's name; Strimzi names it as the user. */ -}}
{{- $client := index (index . 0).Values.global.kafka.clients (index . 1) -}}
{{- $client.existingSecret | default (include "gridpulse.kafka.user" .) -}}
{{- end -}}

{{- define "gridpulse.kafka.caSecret" -}}
{{- /* Empty: the brokers' certificates are of a public authority. */ -}}
{{- $kafka := .Values.global.kafka -}}
{{- if contains "SSL" $kafka.securityProtocol -}}
{{- if $kafka.caSecret.name -}}
{{- $kafka.caSecret.name -}}
{{- else if not $kafka.bootstrapServers -}}
{{- include "gridpulse.kafka.cluster" . -}}-cluster-ca-cert
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "gridpulse.kafka.settings" -}}
{{- /* (list . client): what is no secret, by the names that every client's settings have. */ -}}
{{- $root := index . 0 -}}
{{- $kafka := $root.Values.global.kafka -}}
KAFKA_BOOTSTRAP_SERVERS: {{ include "gridpulse.kafka.bootstrapServers" $root | quote }}
KAFKA_SECURITY_PROTOCOL: {{ $kafka.securityProtocol }}
{{- if hasPrefix "SASL" $kafka.securityProtocol }}
KAFKA_SASL_MECHANISM: {{ $kafka.saslMechanism }}
KAFKA_SASL_USERNAME: {{ include "gridpulse.kafka.user" . | quote }}
{{- end }}
{{- if include "gridpulse.kafka.caSecret" $root }}
KAFKA_SSL_CA_FILE: /etc/gridpulse/kafka/ca.crt
{{- end }}
{{- end -}}

{{- define "gridpulse.kafka.env" -}}
{{- /* (list . prefix client) */ -}}
{{- $root := index . 0 -}}
{{- $prefix := index . 1 -}}
{{- $client := index . 2 -}}
{{- include "gridpulse.env" (list $prefix (include "gridpulse.kafka.settings" (list $root $client) | fromYaml)) }}
{{- if hasPrefix "SASL" $root.Values.global.kafka.securityProtocol }}
{{ include "gridpulse.secretEnv" (list (printf "%s_KAFKA_SASL_PASSWORD" $prefix) (include "gridpulse.kafka.passwordSecret" (list $root $client)) (index $root.Values.global.kafka.clients $client).passwordKey) }}
{{- end }}
{{- end -}}

{{- define "gridpulse.kafka.volumes" -}}
{{- with include "gridpulse.kafka.caSecret" . }}
- name: kafka-ca
  secret:
    secretName: {{ . }}
    items:
      - key: {{ $.Values.global.kafka.caSecret.key }}
        path: ca.crt
{{- end }}
{{- end -}}

{{- define "gridpulse.kafka.mounts" -}}
{{- if include "gridpulse.kafka.caSecret" . }}
- name: kafka-ca
  mountPath: /etc/gridpulse/kafka
  readOnly: true
{{- end }}
{{- end -}}
