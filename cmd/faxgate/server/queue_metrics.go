package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faxgate/faxgate/store"
)

// queueMetrics show how much waits, and for how long, when somebody asks.
type queueMetrics struct {
	queues func(ctx context.Context, now time.Time) ([]store.Queue, error)
	now    func() time.Time
}

// queuePatience is how long the database may take to count.
const queuePatience = 2 * time.Second

var (
	queueWaiting = prometheus.NewDesc("faxgate_queue_waiting", "Work that is due and not taken up, of all nodes.", []string{"queue"}, nil)
	queueOldest  = prometheus.NewDesc("faxgate_queue_oldest_seconds", "How long the oldest of it has been due.", []string{"queue"}, nil)
)

// Describe implements prometheus.Collector.
func (m queueMetrics) Describe(to chan<- *prometheus.Desc) {
	to <- queueWaiting
	to <- queueOldest
}

// Collect implements prometheus.Collector.
func (m queueMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), queuePatience)
	defer cancel()
	now := m.now()
	all, err := m.queues(ctx, now)
	if err != nil {
		to <- prometheus.NewInvalidMetric(queueWaiting, err)
		return
	}
	for _, q := range all {
		age := 0.0
		if !q.Oldest.IsZero() {
			age = max(now.Sub(q.Oldest).Seconds(), 0)
		}
		to <- prometheus.MustNewConstMetric(queueWaiting, prometheus.GaugeValue, float64(q.Waiting), q.Name)
		to <- prometheus.MustNewConstMetric(queueOldest, prometheus.GaugeValue, age, q.Name)
	}
}

// engineMetric says which T.30 engine the test line has.
func engineMetric(version string) prometheus.Collector {
	engine := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "faxgate_engine_info", Help: "1 with a T.30 engine, which the label names; 0: the test line is simulated.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	if version != "" {
		engine.Set(1)
	}
	return engine
}
