package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"synctv/internal/cached"
	"synctv/internal/guard"
	"synctv/internal/live"
	"synctv/internal/proxy"
	"synctv/internal/store"
	"synctv/internal/telemetry"
)

// measure registers the numbers that the parts keep themselves. docs/METRICS.md
// lists them all; a test compares.
func (p *program) measure(db *store.Store, copies *cached.Rooms) *telemetry.Metrics {
	m := telemetry.NewMetrics(version)
	m.Each(
		telemetry.Series{Name: "synctv_sockets_open", Help: "Open event sockets.", Read: func() float64 { return float64(p.node.Sockets()) }},
		telemetry.Series{Name: "synctv_rooms_occupied", Help: "Rooms with at least one open socket here.", Read: func() float64 { return float64(p.node.Rooms()) }},
	)
	m.Each(
		telemetry.Series{Name: "synctv_clock_offset_seconds", Help: "By how much this machine's wall clock is behind the time that all replicas serve.", Read: func() float64 { return time.Until(p.shared.now().Round(0)).Seconds() }},
	)
	m.Each(cacheSeries(copies)...)
	m.Each(p.clusterSeries()...)
	m.Each(p.liveSeries()...)
	m.Each(p.fetchSeries()...)
	m.Each(p.proxySeries()...)
	for name, pool := range db.Pools() {
		labels := prometheus.Labels{"pool": name}
		m.Each(
			telemetry.Series{Name: "synctv_database_connections_in_use", Help: "Database connections at work.", Labels: labels, Read: func() float64 { return float64(pool().InUse) }},
			telemetry.Series{Name: "synctv_database_connections_idle", Help: "Database connections that wait for work.", Labels: labels, Read: func() float64 { return float64(pool().Idle) }},
			telemetry.Series{Name: "synctv_database_connections_max", Help: "Most database connections this process opens.", Labels: labels, Read: func() float64 { return float64(pool().MaxOpenConnections) }},
			telemetry.Series{Name: "synctv_database_waits_total", Help: "Statements that waited for a connection.", Labels: labels, Total: true, Read: func() float64 { return float64(pool().WaitCount) }},
			telemetry.Series{Name: "synctv_database_wait_seconds_total", Help: "Time that statements waited for a connection.", Labels: labels, Total: true, Read: func() float64 { return pool().WaitDuration.Seconds() }},
		)
	}
	return m
}

func cacheSeries(copies *cached.Rooms) []telemetry.Series {
	list := []telemetry.Series{}
	for _, c := range copies.Counts() {
		labels := prometheus.Labels{"cache": c.Cache}
		s := telemetry.Series{Name: "synctv_cache_memory_bytes", Help: "About what the copies in memory take.", Labels: labels, Read: func() float64 { return float64(c.Read()) }}
		if c.Level != "" {
			labels["level"] = c.Level
			s.Name, s.Total, s.Help = "synctv_cache_answers_total", true, "What was asked for that may be a moment old, by who answered: memory, joined (waited for another's question), shelf (Redis), store."
		}
		list = append(list, s)
	}
	return list
}

func (p *program) liveSeries() []telemetry.Series {
	one := func(name, help string, total bool, labels prometheus.Labels, read func(live.Stats) int64) telemetry.Series {
		return telemetry.Series{Name: name, Help: help, Total: total, Labels: labels, Read: func() float64 { return float64(read(p.hub.Stats())) }}
	}
	list := []telemetry.Series{
		one("synctv_live_streams", "Streams held in memory, those whose publisher may come back included.", false, nil, func(s live.Stats) int64 { return int64(s.Streams) }),
		one("synctv_live_publishers", "Encoders that publish now.", false, nil, func(s live.Stats) int64 { return int64(s.Publishers) }),
		one("synctv_live_viewers", "Open live responses.", false, nil, func(s live.Stats) int64 { return int64(s.Viewers) }),
		one("synctv_live_memory_bytes", "Memory of all live streams.", false, nil, func(s live.Stats) int64 { return s.MemoryBytes }),
		one("synctv_live_watched_total", "Viewers that began to watch.", true, nil, func(s live.Stats) int64 { return s.Watched }),
		one("synctv_live_received_bytes_total", "Bytes from encoders.", true, nil, func(s live.Stats) int64 { return s.BytesIn }),
		one("synctv_live_sent_bytes_total", "Bytes to viewers.", true, nil, func(s live.Stats) int64 { return s.BytesOut }),
		one("synctv_live_viewer_skips_total", "Jumps of a slow viewer to the newest key frame.", true, nil, func(s live.Stats) int64 { return s.SkippedToKey }),
	}
	for reason, read := range map[string]func(live.Stats) int64{
		"slow":    func(s live.Stats) int64 { return s.DroppedSlow },
		"stalled": func(s live.Stats) int64 { return s.DroppedStalled },
	} {
		list = append(list, one("synctv_live_viewer_drops_total", "Viewers closed because they could not keep up, by reason.", true, prometheus.Labels{"reason": reason}, read))
	}
	for event, read := range map[string]func(live.Stats) int64{
		"published":      func(s live.Stats) int64 { return s.Published },
		"refused_busy":   func(s live.Stats) int64 { return s.RefusedBusy },
		"refused_memory": func(s live.Stats) int64 { return s.RefusedMemory },
		"taken_over":     func(s live.Stats) int64 { return s.TakenOver },
		"resumed":        func(s live.Stats) int64 { return s.Resumed },
		"cut":            func(s live.Stats) int64 { return s.Cut },
	} {
		list = append(list, one("synctv_live_publish_events_total", "What happened to encoders, by event.", true, prometheus.Labels{"event": event}, read))
	}
	return list
}

// fetchSeries are of the one client that asks other servers.
func (p *program) fetchSeries() []telemetry.Series {
	one := func(name, help string, total bool, labels prometheus.Labels, read func(guard.Stats) int64) telemetry.Series {
		return telemetry.Series{Name: name, Help: help, Total: total, Labels: labels, Read: func() float64 { return float64(read(p.outside.client.Stats())) }}
	}
	list := []telemetry.Series{
		one("synctv_fetch_requests_total", "Requests to other servers, each try and redirect counted.", true, nil, func(s guard.Stats) int64 { return s.Requests }),
		one("synctv_fetch_failures_total", "Requests that the other server failed: no connection, too late, status 5xx.", true, nil, func(s guard.Stats) int64 { return s.Failures }),
		one("synctv_fetch_retries_total", "Tries after the first one.", true, nil, func(s guard.Stats) int64 { return s.Retries }),
		one("synctv_fetch_running", "Requests to other servers that run now, until their bodies are read.", false, nil, func(s guard.Stats) int64 { return s.Limits.Running }),
		one("synctv_fetch_waiting", "Requests that wait until others have ended.", false, nil, func(s guard.Stats) int64 { return s.Limits.Waiting }),
		one("synctv_fetch_failing_hosts", "Hosts that are left alone for now because they keep failing, those being tried again included.", false, nil, func(s guard.Stats) int64 { return int64(s.OpenHosts + s.ProbedHosts) }),
		one("synctv_fetch_breaker_opens_total", "Times that a host was found to keep failing, and again by the one try in between.", true, nil, func(s guard.Stats) int64 { return s.Opened }),
		{Name: "synctv_fetch_live_streams", Help: "Live streams of other servers that are fetched now.", Read: func() float64 { return float64(p.pulls.Count()) }},
	}
	for state, read := range map[string]func(guard.Stats) int64{
		"open":    func(s guard.Stats) int64 { return int64(s.OpenHosts) },
		"probing": func(s guard.Stats) int64 { return int64(s.ProbedHosts) },
	} {
		list = append(list, one("synctv_fetch_breakers", "Hosts whose circuit breaker is not closed, by its state: open (left alone), probing (one request tries).", false, prometheus.Labels{"state": state}, read))
	}
	for reason, read := range map[string]func(guard.Stats) int64{
		"address": func(s guard.Stats) int64 { return s.Refused },
		"failing": func(s guard.Stats) int64 { return s.Broken },
		"busy":    func(s guard.Stats) int64 { return s.Limits.Refused },
	} {
		list = append(list, one("synctv_fetch_refused_total", "Requests that were not made: a forbidden address, a host that keeps failing, too many at once.", true, prometheus.Labels{"reason": reason}, read))
	}
	return list
}

// proxySeries are of films that come through this server, and of the slices of
// them that it keeps.
func (p *program) proxySeries() []telemetry.Series {
	one := func(name, help string, total bool, labels prometheus.Labels, read func(proxy.Stats) int64) telemetry.Series {
		return telemetry.Series{Name: name, Help: help, Total: total, Labels: labels, Read: func() float64 { return float64(read(p.outside.proxy.Stats())) }}
	}
	list := []telemetry.Series{
		one("synctv_proxy_cache_bytes", "Disk that slices of remote films take.", false, nil, func(s proxy.Stats) int64 { return s.Cache.Bytes }),
		one("synctv_proxy_cache_slices", "Slices of 2 MiB on disk.", false, nil, func(s proxy.Stats) int64 { return s.Cache.Slices }),
		one("synctv_proxy_cache_fills_total", "Slices fetched and kept.", true, nil, func(s proxy.Stats) int64 { return s.Cache.Fills }),
		one("synctv_proxy_cache_evictions_total", "Slices dropped because the disk's share was full.", true, nil, func(s proxy.Stats) int64 { return s.Cache.Evictions }),
		one("synctv_proxy_passed_total", "Requests for what cannot be had in slices, each fetched for its viewer alone.", true, nil, func(s proxy.Stats) int64 { return s.Passed }),
		one("synctv_proxy_over_budget_total", "Requests refused or ended because a room or person had had its share.", true, nil, func(s proxy.Stats) int64 { return s.OverBudget }),
	}
	for answer, read := range map[string]func(proxy.Stats) int64{
		"hit": func(s proxy.Stats) int64 { return s.Cache.Hits }, "miss": func(s proxy.Stats) int64 { return s.Cache.Misses },
	} {
		list = append(list, one("synctv_proxy_cache_answers_total", "Slices that viewers took, by whether they were on disk (hit) or fetched or waited for (miss).", true, prometheus.Labels{"answer": answer}, read))
	}
	for from, read := range map[string]func(proxy.Stats) int64{
		"disk": func(s proxy.Stats) int64 { return s.Cache.BytesFromDisk }, "remote": func(s proxy.Stats) int64 { return s.Cache.BytesFetched },
	} {
		list = append(list, one("synctv_proxy_bytes_total", "Bytes of slices, sent from disk and fetched from remote servers.", true, prometheus.Labels{"from": from}, read))
	}
	for event, read := range map[string]func(guard.BuffersStats) int64{
		"lent":     func(b guard.BuffersStats) int64 { return b.Lent },
		"returned": func(b guard.BuffersStats) int64 { return b.Returned },
		"dropped":  func(b guard.BuffersStats) int64 { return b.Dropped },
	} {
		list = append(list, one("synctv_proxy_buffers_total", "Buffers of 64 KiB that were lent, came back, or were dropped for their size.", true, prometheus.Labels{"event": event},
			func(s proxy.Stats) int64 { return read(s.Cache.Buffers) + read(s.Buffers) }))
	}
	return list
}

// serveMetrics answers scrapes on a port of their own until ctx ends.
func (p *program) serveMetrics(ctx context.Context) error {
	if p.scrape == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.metrics.Handler(p.node.Metrics()))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout, WriteTimeout: headerTimeout, IdleTimeout: idleTimeout}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(p.scrape); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics: %w", err)
	}
	return nil
}
