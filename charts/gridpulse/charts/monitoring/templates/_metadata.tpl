{{- define "monitoring.metadata" -}}
{{- /* (list . component) */ -}}
{{ include "gridpulse.metadata" . }}
{{- with (index . 0).Values.labels }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
