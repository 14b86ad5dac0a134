{{- define "ingester.env" -}}
{{- /* (list . instance) */ -}}
{{- $root := index . 0 -}}
{{- $instance := index . 1 -}}
{{- $prefix := "GRIDPULSE_INGESTER" -}}
{{- $settings := dict
  "API_BASE_URL" (tpl $root.Values.source.baseUrl $root)
  "API_VERSION" $root.Values.source.apiVersion
  "HTTP_HOST" "0.0.0.0"
  "HTTP_PORT" "8081"
-}}
{{- with $instance.zones }}{{ $_ := set $settings "ZONES" (join "," .) }}{{ end -}}
{{- if $instance.tokensFileSecret }}{{ $_ := set $settings "TOKENS_FILE" "/etc/gridpulse/tokens/tokens.json" }}{{ end -}}
{{- $settings = mergeOverwrite $settings (deepCopy ($root.Values.settings | default dict)) (deepCopy ($instance.settings | default dict)) -}}
- name: HOME
  value: /tmp
{{- include "gridpulse.env" (list $prefix $settings) }}
{{- include "gridpulse.kafka.env" (list $root $prefix "ingester") }}
{{- with $instance.tokenSecret }}
{{ include "gridpulse.secretEnv" (list (printf "%s_API_TOKEN" $prefix) (tpl .name $root) .key) }}
{{- end }}
{{- end -}}
