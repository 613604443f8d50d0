package server

import (
	"maps"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what /metrics shows. They are counted here and stored nowhere.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec

	adding sync.Mutex
	known  atomic.Pointer[map[outcome]series] // to look labels up once; a map is not changed
}

// outcome is what requests are told apart by.
type outcome struct {
	route  string
	status int
}

// series are the metrics of one outcome.
type series struct {
	requests prometheus.Counter
	seconds  prometheus.Observer
}

// newMetrics registers the metrics of the process, of requests, and of the database, and
// whatever more there is.
func newMetrics(version string, statements func() int64, more ...prometheus.Collector) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "faxgate_http_requests_total", Help: "Answered requests.",
		}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "faxgate_http_request_duration_seconds", Help: "Time from a request's head to the end of its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
		}, []string{"route"}),
	}
	m.known.Store(&map[outcome]series{})
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "faxgate_build_info", Help: "Always 1; the label says which version runs.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.seconds, build,
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "faxgate_sql_statements_total", Help: "Statements sent to the database.",
		}, func() float64 { return float64(statements()) }),
	)
	m.registry.MustRegister(more...)
	return m
}

// observe counts an answered request. The route is a pattern of the table, so that
// there are only as many as there are routes.
func (m *metrics) observe(route string, status int, took time.Duration) {
	of, ok := (*m.known.Load())[outcome{route, status}]
	if !ok {
		of = m.add(outcome{route, status})
	}
	of.requests.Inc()
	of.seconds.Observe(took.Seconds())
}

func (m *metrics) add(o outcome) series {
	m.adding.Lock()
	defer m.adding.Unlock()
	known := maps.Clone(*m.known.Load())
	known[o] = series{m.requests.WithLabelValues(o.route, strconv.Itoa(o.status)), m.seconds.WithLabelValues(o.route)}
	m.known.Store(&known)
	return known[o]
}

// handler writes the metrics in Prometheus' text format.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
