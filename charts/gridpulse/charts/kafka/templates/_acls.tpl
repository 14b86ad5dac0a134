{{/*
The rights of each client, no more than what it does.
ingester: sends events and dead letters, and reads the topics' ends to know what is there already.
streaming: reads the events, in groups that Spark names, and sends dead letters.
archive: reads everything, and how long topics are kept, in groups that Spark names.
ui: looks at everything and changes nothing.
*/}}
{{- define "kafka.acls" -}}
{{- $all := keys (.Files.Get "files/topics.yaml" | fromYaml).topics | sortAlpha -}}
{{- $dead := "electricity.dead-letter.v1" -}}
ingester:
  {{- range $all }}
  - {type: topic, name: {{ . }}, patternType: literal, operations: [Describe, Read, Write]}
  {{- end }}
streaming:
  {{- range $all }}
  - {type: topic, name: {{ . }}, patternType: literal, operations: {{ ternary "[Describe, Write]" "[Describe, Read]" (eq . $dead) }}}
  {{- end }}
  - {type: group, name: gridpulse-stream-to-cassandra, patternType: prefix, operations: [Read]}
archive:
  {{- range $all }}
  - {type: topic, name: {{ . }}, patternType: literal, operations: [Describe, DescribeConfigs, Read]}
  {{- end }}
  - {type: group, name: gridpulse-archive-to-parquet, patternType: prefix, operations: [Read]}
ui:
  - {type: topic, name: electricity., patternType: prefix, operations: [Describe, DescribeConfigs, Read]}
  - {type: group, name: gridpulse-, patternType: prefix, operations: [Describe]}
  - {type: cluster, operations: [Describe, DescribeConfigs]}
{{- end -}}
