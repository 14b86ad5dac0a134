{{- define "query-api.env" -}}
{{- $prefix := "GRIDPULSE_QUERY_API" -}}
{{- $cassandra := .Values.global.cassandra -}}
{{- $settings := dict
  "HOST" "0.0.0.0"
  "PORT" "8080"
  "KEYSPACE" $cassandra.keyspace
  "CASSANDRA_CONTACT_POINTS" (include "gridpulse.cassandra.contactPoints" .)
  "CASSANDRA_PORT" $cassandra.port
  "CASSANDRA_LOCAL_DATACENTER" $cassandra.datacenter
-}}
{{- $settings = merge $settings (include "gridpulse.cassandra.tlsSettings" . | fromYaml) -}}
{{- if .Values.apiKeys.existingSecret }}{{ $_ := set $settings "API_KEYS_FILE" "/etc/gridpulse/api-keys/keys.json" }}{{ end -}}
- name: HOME
  value: /tmp
{{- include "gridpulse.env" (list $prefix (mergeOverwrite $settings (deepCopy (.Values.settings | default dict)))) }}
{{- include "gridpulse.cassandra.logins" (list . (printf "%s_CASSANDRA_" $prefix) "reader") }}
{{- end -}}
