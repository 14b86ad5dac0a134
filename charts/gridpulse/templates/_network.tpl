{{/*
Named openings in the default-deny: rules for the lists `egress` and `ingress` of a NetworkPolicy. Where the peers are
not known (something outside of this release), a rule names the port alone.
*/}}

{{- define "gridpulse.network.component" -}}
{{- /* (list . component): a peer */ -}}
- podSelector:
    matchLabels:
      {{- include "gridpulse.selectorLabels" . | nindent 6 }}
{{- end -}}

{{- define "gridpulse.network.toKafka" -}}
{{- $kafka := .Values.global.kafka }}
- ports:
    {{- range regexFindAll ":[0-9]+" (include "gridpulse.kafka.bootstrapServers" .) -1 | uniq }}
    - port: {{ trimPrefix ":" . | int }}
    {{- end }}
  {{- if .Values.global.networkPolicy.kafkaPeers }}
  to:
    {{- toYaml .Values.global.networkPolicy.kafkaPeers | nindent 4 }}
  {{- else if not $kafka.bootstrapServers }}
  to:
    - podSelector:
        matchLabels:
          strimzi.io/cluster: {{ include "gridpulse.kafka.cluster" . }}
          strimzi.io/kind: Kafka
  {{- end }}
{{- end -}}

{{- define "gridpulse.network.toCassandra" -}}
- ports:
    - port: {{ .Values.global.cassandra.port }}
  {{- if .Values.global.networkPolicy.cassandraPeers }}
  to:
    {{- toYaml .Values.global.networkPolicy.cassandraPeers | nindent 4 }}
  {{- else if not .Values.global.cassandra.contactPoints }}
  to:
    - podSelector:
        matchLabels:
          k8ssandra.io/cluster-name: {{ .Release.Name }}
  {{- end }}
{{- end -}}

{{- define "gridpulse.network.toKubernetesApi" -}}
- ports:
    {{- range .Values.global.networkPolicy.kubernetesApi.ports }}
    - port: {{ . }}
    {{- end }}
  {{- with .Values.global.networkPolicy.kubernetesApi.cidrs }}
  to:
    {{- range . }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "gridpulse.network.fromMonitoring" -}}
{{- /* (list . port) */ -}}
- ports:
    - port: {{ index . 1 }}
  from:
    {{- toYaml (index . 0).Values.global.networkPolicy.monitoringPeers | nindent 4 }}
{{- end -}}

{{- define "gridpulse.network.policy" -}}
{{- /* (list . component): the head of a policy for the pods of a component */ -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "gridpulse.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "gridpulse.selectorLabels" . | nindent 6 }}
{{- end -}}
