package deploy

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	apps "k8s.io/api/apps/v1"
	scaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

const chart = root + "/deploy/helm/synctv"

// sets are installations that differ in every switch.
var sets = map[string]string{
	"as it comes": ``,
	"everything": `
image: {repository: registry.example.org/synctv, tag: v1.2.3, pullSecrets: [{name: registry}]}
config: {library: Films=/films, live-memory: 512, room-idle: 720h}
cache: {mib: 20480, persistent: true, storageClass: fast}
ingress: {enabled: true, className: nginx, tlsSecret: watch-tls, annotations: {a.example.org/b: "off"}}
serviceMonitor: {enabled: true, labels: {release: prometheus}}
rtmp: {annotations: {c.example.org/d: internal}}
extraVolumes: [{name: films, nfs: {server: nas.example.org, path: /films, readOnly: true}}]
extraVolumeMounts: [{name: films, mountPath: /films, readOnly: true}]
nodeSelector: {disk: ssd}
tolerations: [{key: video, operator: Exists}]
affinity: {nodeAffinity: {}}
podAnnotations: {e: f}`,
	"little": `
autoscaling: {enabled: false}
networkPolicy: {enabled: false}
rtmp: {enabled: false}
resources: {requests: null, limits: null}`,
}

// serviceMonitor is what we use of the Prometheus operator's type; its module
// would bring the operator along.
type serviceMonitor struct {
	meta.TypeMeta   `json:",inline"`
	meta.ObjectMeta `json:"metadata"`
	Spec            struct {
		JobLabel  string             `json:"jobLabel"`
		Selector  meta.LabelSelector `json:"selector"`
		Endpoints []struct {
			Port     string `json:"port"`
			Interval string `json:"interval"`
		} `json:"endpoints"`
	} `json:"spec"`
}

// rendered is an installation by kind and name, decoded strictly.
type rendered map[string]any

func object[T any](t *testing.T, r rendered, key string) T {
	t.Helper()
	o, ok := r[key].(T)
	if !ok {
		t.Fatalf("no %s among %v", key, slices.Sorted(maps.Keys(r)))
	}
	return o
}

func kinds() map[string]any {
	return map[string]any{
		"apps/v1/StatefulSet": &apps.StatefulSet{}, "v1/Service": &core.Service{}, "v1/ConfigMap": &core.ConfigMap{},
		"policy/v1/PodDisruptionBudget": &policy.PodDisruptionBudget{}, "autoscaling/v2/HorizontalPodAutoscaler": &scaling.HorizontalPodAutoscaler{},
		"networking.k8s.io/v1/Ingress": &networking.Ingress{}, "networking.k8s.io/v1/NetworkPolicy": &networking.NetworkPolicy{},
		"monitoring.coreos.com/v1/ServiceMonitor": &serviceMonitor{},
	}
}

func values(t *testing.T, text string) map[string]any {
	t.Helper()
	v := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func render(t *testing.T, text string) (rendered, error) {
	t.Helper()
	c, err := loader.Load(chart)
	if err != nil {
		t.Fatal(err)
	}
	v, err := chartutil.ToRenderValues(c, values(t, text), chartutil.ReleaseOptions{Name: "synctv", Namespace: "watch", IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(c, v)
	if err != nil {
		return nil, err
	}
	r := rendered{}
	for name, file := range files {
		if strings.HasSuffix(name, ".yaml") {
			decode(t, r, name, file)
		}
	}
	return r, nil
}

func decode(t *testing.T, r rendered, name, file string) {
	t.Helper()
	for doc := range strings.SplitSeq(file, "\n---\n") {
		var head struct {
			meta.TypeMeta   `json:",inline"`
			meta.ObjectMeta `json:"metadata"`
		}
		if err := yaml.Unmarshal([]byte(doc), &head); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, doc)
		}
		if head.Kind == "" {
			continue // switched off
		}
		into := kinds()[head.APIVersion+"/"+head.Kind]
		if into == nil {
			t.Fatalf("%s: unknown %s/%s", name, head.APIVersion, head.Kind)
		}
		if err := yaml.UnmarshalStrict([]byte(doc), into); err != nil {
			t.Errorf("%s: %v\n%s", name, err, doc)
		}
		r[head.Kind+" "+head.Name] = into
	}
}

// TestChartLints is "helm lint --strict", with each set of values.
func TestChartLints(t *testing.T) {
	for name, text := range sets {
		for _, m := range lint.All(chart, values(t, text), "watch", true).Messages {
			if m.Severity >= support.WarningSev {
				t.Errorf("%s: %v", name, m)
			}
		}
	}
}

// TestChartRenders: what comes out is what Kubernetes reads, and its parts find
// each other.
func TestChartRenders(t *testing.T) {
	for name, text := range sets {
		t.Run(name, func(t *testing.T) {
			r, err := render(t, text)
			if err != nil {
				t.Fatal(err)
			}
			set := object[*apps.StatefulSet](t, r, "StatefulSet synctv")
			checkPod(t, set.Spec.Template.Spec, set.Spec.VolumeClaimTemplates)
			checkServices(t, r, set)
			for key, o := range r {
				if s, ok := selectorOf(o); ok && !s.Matches(labels.Set(set.Spec.Template.Labels)) {
					t.Errorf("%s selects no pod", key)
				}
			}
		})
	}
}

func selectorOf(o any) (labels.Selector, bool) {
	var by *meta.LabelSelector
	switch o := o.(type) {
	case *apps.StatefulSet:
		by = o.Spec.Selector
	case *policy.PodDisruptionBudget:
		by = o.Spec.Selector
	case *networking.NetworkPolicy:
		by = &o.Spec.PodSelector
	case *core.Service:
		return labels.SelectorFromSet(o.Spec.Selector), true
	default:
		return nil, false
	}
	s, err := meta.LabelSelectorAsSelector(by)
	return s, err == nil
}

func checkPod(t *testing.T, pod core.PodSpec, claims []core.PersistentVolumeClaim) {
	t.Helper()
	c := pod.Containers[0]
	if s := c.SecurityContext; !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation || !*pod.SecurityContext.RunAsNonRoot || s.Capabilities.Drop[0] != "ALL" {
		t.Error("the pod may more than it needs")
	}
	if c.LivenessProbe.HTTPGet.Path != "/healthz" || c.ReadinessProbe.HTTPGet.Path != "/readyz" || c.StartupProbe.HTTPGet.Path != "/healthz" {
		t.Error("other probes than the program has")
	}
	if *pod.TerminationGracePeriodSeconds < c.Lifecycle.PreStop.Sleep.Seconds+30 {
		t.Error("killed before drain-timeout is over")
	}
	there := map[string]bool{}
	for _, v := range pod.Volumes {
		there[v.Name] = true
		if v.EmptyDir != nil && (v.EmptyDir.SizeLimit == nil || v.EmptyDir.Medium == core.StorageMediumMemory) {
			t.Errorf("volume %s has no limit, or is memory", v.Name)
		}
	}
	for _, v := range claims {
		there[v.Name] = true
	}
	for _, m := range c.VolumeMounts {
		if !there[m.Name] {
			t.Errorf("%s mounts what is not there", m.MountPath)
		}
	}
}

// checkServices: ports lead somewhere, the headless service is the set's, and
// the monitor finds the metrics.
func checkServices(t *testing.T, r rendered, set *apps.StatefulSet) {
	t.Helper()
	ports := map[string]int32{}
	for _, p := range set.Spec.Template.Spec.Containers[0].Ports {
		ports[p.Name] = p.ContainerPort
	}
	for key, o := range r {
		s, ok := o.(*core.Service)
		if !ok {
			continue
		}
		for _, p := range s.Spec.Ports {
			if ports[p.TargetPort.StrVal] == 0 {
				t.Errorf("%s: port %s leads nowhere", key, p.Name)
			}
		}
	}
	head := object[*core.Service](t, r, "Service "+set.Spec.ServiceName)
	if head.Spec.ClusterIP != core.ClusterIPNone || !head.Spec.PublishNotReadyAddresses {
		t.Error("replicas have no names of their own")
	}
	if m, ok := r["ServiceMonitor synctv"].(*serviceMonitor); ok {
		s, err := meta.LabelSelectorAsSelector(&m.Spec.Selector)
		if err != nil || !s.Matches(labels.Set(head.Labels)) || m.Spec.Endpoints[0].Port != head.Spec.Ports[1].Name {
			t.Error("the monitor finds no metrics", err)
		}
	}
}

// TestChartSwitches: each switch of the sets does what it says.
func TestChartSwitches(t *testing.T) {
	want := map[string][]string{
		"as it comes": {"ConfigMap synctv", "HorizontalPodAutoscaler synctv", "NetworkPolicy synctv", "PodDisruptionBudget synctv", "Service synctv", "Service synctv-replicas", "Service synctv-rtmp", "StatefulSet synctv"},
		"everything":  {"ConfigMap synctv", "HorizontalPodAutoscaler synctv", "Ingress synctv", "NetworkPolicy synctv", "PodDisruptionBudget synctv", "Service synctv", "Service synctv-replicas", "Service synctv-rtmp", "ServiceMonitor synctv", "StatefulSet synctv"},
		"little":      {"ConfigMap synctv", "PodDisruptionBudget synctv", "Service synctv", "Service synctv-replicas", "StatefulSet synctv"},
	}
	for name, text := range sets {
		r, err := render(t, text)
		if got := slices.Sorted(maps.Keys(r)); err != nil || !reflect.DeepEqual(got, want[name]) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

// TestChartRefuses: mistakes and secrets are no values.
func TestChartRefuses(t *testing.T) {
	for _, text := range []string{
		`config: {database-url: postgres://synctv:secret@db/synctv}`, `config: {source-keys: a=b}`, `config: {http-addr: ":80"}`,
		`replica: 3`, `replicas: 0`, `cache: {mib: 4Gi}`, `rtmp: {type: Ingress}`, `ingress: {enabled: true, path: watch}`,
	} {
		if _, err := render(t, text); err == nil || !strings.Contains(err.Error(), "schema") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestChartConfigIsRight asks the program itself about file and environment.
func TestChartConfigIsRight(t *testing.T) {
	program := build(t)
	for name, text := range sets {
		r, err := render(t, text)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		// The library is a volume of the operator's own.
		file := strings.ReplaceAll(object[*core.ConfigMap](t, r, "ConfigMap synctv").Data["synctv.yaml"], "Films=/films", "Films="+dir)
		for path, content := range map[string]string{
			"config/synctv.yaml": file, "secrets/database-url": "postgres://synctv@db/synctv", "secrets/redis-url": "redis://redis:6379",
			"secrets/source-keys": "2026=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		} {
			write(t, filepath.Join(dir, path), content)
		}
		pod := object[*apps.StatefulSet](t, r, "StatefulSet synctv").Spec.Template.Spec
		env := []string{}
		for _, e := range pod.Containers[0].Env {
			e.Value = strings.ReplaceAll(strings.ReplaceAll(e.Value, "/etc/synctv", dir), "$(POD_NAME)", "synctv-0")
			env = append(env, e.Name+"="+e.Value)
		}
		if out, err := run(program, env, "config", "check"); err != nil {
			t.Errorf("%s: %v\n%s\n%s", name, err, out, file)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
