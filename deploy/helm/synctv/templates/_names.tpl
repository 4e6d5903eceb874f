{{- define "synctv.name" -}}
{{- if contains "synctv" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-synctv" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "synctv.selects" -}}
app.kubernetes.io/name: synctv
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "synctv.labels" -}}
{{ include "synctv.selects" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
