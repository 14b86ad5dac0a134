{{- define "airflow.variables" -}}
{{- /* (list prefix settings) */ -}}
{{- $prefix := index . 0 -}}
{{- range $name, $value := index . 1 }}
{{ $prefix }}_{{ $name }}: {{ $value | toString | quote }}
{{- end }}
{{- end -}}

{{- define "airflow.jobs" -}}
{{- /* Prefix of each job's settings: its settings. */ -}}
{{- $lake := dict "LAKE_LOCATION" (required "airflow.lake.location is needed: where the lake is, as gs://bucket/lake." .Values.lake.location) -}}
{{- $results := dict "RESULTS_LOCATION" (required "airflow.lake.resultsLocation is needed, as gs://bucket/analytics." .Values.lake.resultsLocation) -}}
{{- $kafka := include "gridpulse.kafka.settings" (list . "archive") | fromYaml -}}
{{- $cassandra := include "gridpulse.cassandra.sparkSettings" . | fromYaml -}}
{{- $keyspace := dict "KEYSPACE" .Values.global.cassandra.keyspace -}}
{{- $common := dict -}}
{{- with .Values.metricsPushUrl }}{{ $_ := set $common "METRICS_PUSH_URL" . }}{{ end -}}
{{- with .Values.sparkConf }}{{ $_ := set $common "SPARK_CONF" (toJson .) }}{{ end -}}
{{- $jobs := dict
  "GRIDPULSE_ARCHIVE" (merge (dict) $lake $kafka $common)
  "GRIDPULSE_ANALYTICS" (merge (dict) $lake $results $cassandra $keyspace $common)
  "GRIDPULSE_DATA_QUALITY" (merge (dict) $lake $results $cassandra $keyspace $common)
  "GRIDPULSE_REBUILD" (merge (dict) $lake $cassandra $common)
-}}
{{- if .Values.warehouse.project -}}
{{- $warehouse := dict "PROJECT" .Values.warehouse.project "LOCATION" .Values.warehouse.location
  "STAGE_LOCATION" (required "airflow.warehouse.stageLocation is needed, as gs://bucket/stage." .Values.warehouse.stageLocation) -}}
{{- $_ := set $jobs "GRIDPULSE_WAREHOUSE" (merge (dict) $warehouse $cassandra $keyspace $common) -}}
{{- end -}}
{{- $jobs | toYaml -}}
{{- end -}}
