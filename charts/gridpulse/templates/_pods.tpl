{{/*
What all pods have in common: no root, no writable image, no rights; /tmp is theirs.
*/}}

{{- define "gridpulse.image" -}}
{{- /* (list . key of global.images): its reference, by digest where there is one. */ -}}
{{- $root := index . 0 -}}
{{- $images := $root.Values.global.images -}}
{{- $image := index $images.of (index . 1) -}}
{{- $name := $image.repository -}}
{{- if $images.registry }}{{ $name = printf "%s/%s" (trimSuffix "/" $images.registry) $name }}{{ end -}}
{{- $name -}}:{{ $image.tag | default $images.tag | default $root.Chart.AppVersion -}}
{{- if $image.digest }}@{{ $image.digest }}{{ end -}}
{{- end -}}

{{- define "gridpulse.imageFields" -}}
{{- /* (list . key of global.images) */ -}}
image: {{ include "gridpulse.image" . | quote }}
imagePullPolicy: {{ (index . 0).Values.global.images.pullPolicy }}
{{- end -}}

{{- define "gridpulse.command" -}}
{{- /* (list . module argument...): how a long-running program starts. The root of its container stays read-only. */ -}}
{{- $start := list "python3" "-m" -}}
{{- if (index . 0).Values.global.development.reload }}
{{- $start = list "python3" "/etc/gridpulse/development/reload.py" "/opt/gridpulse/live" -}}
{{- end -}}
command: {{ concat $start (rest .) | toJson }}
{{- end -}}

{{- define "gridpulse.development.mounts" -}}
{{- if .Values.global.development.reload }}
- name: live
  mountPath: /opt/gridpulse/live
- name: development
  mountPath: /etc/gridpulse/development
  readOnly: true
{{- end }}
{{- end -}}

{{- define "gridpulse.development.volumes" -}}
{{- if .Values.global.development.reload }}
- name: live
  emptyDir:
    sizeLimit: 16Mi
- name: development
  configMap:
    name: {{ include "gridpulse.name" (list . "development") }}
{{- end }}
{{- end -}}

{{- define "gridpulse.pullSecrets" -}}
{{- with .Values.global.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "gridpulse.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "gridpulse.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "gridpulse.podFields" -}}
{{- /* (list . values-of-the-part account): scheduling, security, account; for pods that never ask the Kubernetes API. */ -}}
{{- $root := index . 0 -}}
{{- $part := index . 1 -}}
serviceAccountName: {{ index . 2 }}
automountServiceAccountToken: false
# Else every Service of the namespace becomes variables of the pod.
enableServiceLinks: false
securityContext:
  {{- include "gridpulse.podSecurityContext" $root | nindent 2 }}
{{- include "gridpulse.pullSecrets" $root }}
{{- with $part.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{- define "gridpulse.serviceAccount" -}}
{{- /* (list . component suffix annotations asks-Kubernetes) */ -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "gridpulse.metadata" (list (index . 0) (index . 1) (index . 2)) | nindent 2 }}
  {{- with index . 3 }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: {{ index . 4 }}
{{- end -}}

{{- define "gridpulse.env" -}}
{{- /* (list prefix map): plain variables of a program; everything is text. */ -}}
{{- $prefix := index . 0 -}}
{{- range $name, $value := index . 1 }}
- name: {{ $prefix }}_{{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end -}}

{{- define "gridpulse.secretEnv" -}}
{{- /* (list variable secret key) */ -}}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 }}
      key: {{ index . 2 }}
{{- end -}}
