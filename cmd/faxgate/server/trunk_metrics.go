package server

import (
	"github.com/prometheus/client_golang/prometheus"
)

// trunkMetrics show how the trunks stand on this node, when somebody asks.
type trunkMetrics struct{ *trunks }

var (
	trunkUp         = prometheus.NewDesc("faxgate_trunk_up", "1: calls can be made over the trunk.", []string{"trunk_id", "trunk"}, nil)
	trunkRegistered = prometheus.NewDesc("faxgate_trunk_registered", "1: this node has registered the trunk.", []string{"trunk_id", "trunk"}, nil)
	trunkCalls      = prometheus.NewDesc("faxgate_trunk_calls", "Calls that are going on.", []string{"trunk_id", "trunk"}, nil)
	trunkEnded      = prometheus.NewDesc("faxgate_trunk_calls_total", "Calls that are over, by how they ended.", []string{"trunk_id", "trunk", "outcome"}, nil)
	mediaLate       = prometheus.NewDesc("faxgate_media_late_seconds", "How late the media of calls was at worst in the last seconds; above 0.5 no call begins.", nil, nil)
	sipRefused      = prometheus.NewDesc("faxgate_sip_refused_total", "Datagrams and connections of strangers that were dropped unread.", nil, nil)
)

// Describe implements prometheus.Collector.
func (m trunkMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{trunkUp, trunkRegistered, trunkCalls, trunkEnded, mediaLate, sipRefused} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (m trunkMetrics) Collect(to chan<- prometheus.Metric) {
	l, _ := m.current()
	if l == nil {
		return
	}
	to <- prometheus.MustNewConstMetric(mediaLate, prometheus.GaugeValue, l.Lateness().Seconds())
	to <- prometheus.MustNewConstMetric(sipRefused, prometheus.CounterValue, float64(l.Refused()))
	states := m.States()
	m.mu.Lock()
	all := m.all
	m.mu.Unlock()
	for _, t := range all {
		s := states[t.ID]
		to <- prometheus.MustNewConstMetric(trunkUp, prometheus.GaugeValue, one(s.Up()), t.ID, t.Name)
		to <- prometheus.MustNewConstMetric(trunkRegistered, prometheus.GaugeValue, one(s.Reach == "registered"), t.ID, t.Name)
		to <- prometheus.MustNewConstMetric(trunkCalls, prometheus.GaugeValue, float64(s.Calls), t.ID, t.Name)
		for outcome, n := range s.Ended {
			to <- prometheus.MustNewConstMetric(trunkEnded, prometheus.CounterValue, float64(n), t.ID, t.Name, outcome)
		}
	}
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
