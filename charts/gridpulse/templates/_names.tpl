{{/*
Names and labels. Everything is called <release>-<component>: the DAGs find what they need by these names.
*/}}

{{- define "gridpulse.name" -}}
{{- /* (list . component): refuses what Kubernetes would, with a sentence. */ -}}
{{- $root := index . 0 -}}
{{- $name := printf "%s-%s" $root.Release.Name (index . 1) -}}
{{- if gt (len $name) 63 -}}
{{- fail (printf "The name %s has more than 63 characters: install under a shorter release name." $name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{- define "gridpulse.selectorLabels" -}}
{{- /* (list . component): what never changes. A selector with a version could not be upgraded. */ -}}
app.kubernetes.io/name: gridpulse
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "gridpulse.labels" -}}
{{- /* (list . component) */ -}}
{{- $root := index . 0 -}}
{{ include "gridpulse.selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: gridpulse
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "gridpulse-%s" $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "gridpulse.metadata" -}}
{{- /* (list . component name-suffix namespace): the metadata of a resource. Without suffix its name has the component. */ -}}
{{- $root := index . 0 -}}
{{- $suffix := index . 1 -}}
{{- if gt (len .) 2 }}{{ $suffix = index . 2 }}{{ end -}}
name: {{ include "gridpulse.name" (list $root $suffix) }}
namespace: {{ if gt (len .) 3 }}{{ index . 3 }}{{ else }}{{ $root.Release.Namespace }}{{ end }}
labels:
  {{- include "gridpulse.labels" (list $root (index . 1)) | nindent 2 }}
{{- end -}}

{{- define "gridpulse.requireApi" -}}
{{- /* (list . "group/version/Kind" "what to install") */ -}}
{{- $root := index . 0 -}}
{{- if and $root.Values.global.checkApis (not ($root.Capabilities.APIVersions.Has (index . 1))) -}}
{{- fail (printf "This cluster does not know %s. Install %s first, or switch off what needs it (docs/install.md). To render without a cluster, name the API with --api-versions or set global.checkApis=false." (index . 1) (index . 2)) -}}
{{- end -}}
{{- end -}}
