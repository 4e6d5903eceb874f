package telemetry

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is what a scrape sees. Labels come from closed sets (route templates,
// classes, reasons): never from ids of rooms or people.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	open     prometheus.Gauge
}

// NewMetrics has those of HTTP, the process and the runtime.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "synctv_http_requests_total", Help: "Requests answered, by route template and class of status.",
		}, []string{"method", "route", "class"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "synctv_http_request_duration_seconds", Help: "Time to answer; sockets and streams count only in synctv_http_requests_total.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{Name: "synctv_http_requests_in_flight", Help: "Requests being answered now, sockets and streams included."}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "synctv_build_info", Help: "1, with the version as label.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.duration, m.open, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Requests of one route, its labels bound once.
type Requests struct {
	m       *Metrics
	classes [6]prometheus.Counter // by the first digit of the status
	took    prometheus.Observer   // nil: how long it lasts says nothing
}

// Route binds the labels of one route. Streams and sockets last as long as
// people stay: their duration is not kept.
func (m *Metrics) Route(method, template string, lasts bool) *Requests {
	r := &Requests{m: m}
	for i := 1; i < len(r.classes); i++ {
		r.classes[i] = m.requests.WithLabelValues(method, template, string(rune('0'+i))+"xx")
	}
	if !lasts {
		r.took = m.duration.WithLabelValues(template)
	}
	return r
}

// Opened counts a request that begins; closed must follow.
func (m *Metrics) Opened() { m.open.Inc() }

// Closed counts the end of a request on r; nil: on no route of ours.
func (m *Metrics) Closed(r *Requests, status int, took time.Duration) {
	m.open.Dec()
	if r == nil {
		return
	}
	if c := status / 100; c > 0 && c < len(r.classes) {
		r.classes[c].Inc()
	}
	if r.took != nil {
		r.took.Observe(took.Seconds())
	}
}

// Series is one number of the program, read when somebody scrapes.
type Series struct {
	Name, Help string
	Labels     prometheus.Labels // constant
	Total      bool              // only ever grows
	Read       func() float64    // must not block
}

// Each registers numbers that other parts keep themselves.
func (m *Metrics) Each(list ...Series) {
	for _, s := range list {
		if s.Total {
			m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: s.Name, Help: s.Help, ConstLabels: s.Labels}, s.Read))
		} else {
			m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: s.Name, Help: s.Help, ConstLabels: s.Labels}, s.Read))
		}
	}
}

// Handler answers scrapes with these metrics and those of others.
func (m *Metrics) Handler(others ...prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(append(prometheus.Gatherers{m.registry}, others...), promhttp.HandlerOpts{})
}

// Collector describes every metric, used or not yet.
func (m *Metrics) Collector() prometheus.Collector { return m.registry }
