{{- define "streaming.settings" -}}
{{- $settings := dict
  "KEYSPACE" .Values.global.cassandra.keyspace
  "CHECKPOINT_LOCATION" (.Values.checkpoint.location | default "/var/lib/gridpulse/checkpoints")
  "METRICS_HOST" "0.0.0.0"
  "METRICS_PORT" "9404"
-}}
{{- mergeOverwrite $settings (deepCopy (.Values.settings | default dict)) | toYaml -}}
{{- end -}}

{{- define "streaming.role" -}}
{{- /* (list . role): what driver and executors have in common. */ -}}
{{- $root := index . 0 -}}
{{- $role := index $root.Values (index . 1) -}}
cores: {{ $role.cores }}
coreRequest: {{ $role.coreRequest | quote }}
coreLimit: {{ $role.coreLimit | quote }}
memory: {{ $role.memory | quote }}
memoryOverhead: {{ $role.memoryOverhead | quote }}
labels:
  {{- include "gridpulse.selectorLabels" (list $root "streaming") | nindent 2 }}
serviceAccount: {{ include "gridpulse.name" (list $root "streaming") }}
podSecurityContext:
  {{- include "gridpulse.podSecurityContext" $root | nindent 2 }}
securityContext:
  {{- include "gridpulse.securityContext" $root | nindent 2 }}
{{- with $root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "streaming.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- include "gridpulse.kafka.mounts" . }}
{{- include "gridpulse.cassandra.mounts" . }}
{{- end -}}
