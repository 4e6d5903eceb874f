package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"synctv/internal/cluster"
	"synctv/internal/telemetry"
)

// clusterSeries are of locks, and of what this replica cannot reach.
func (p *program) clusterSeries() []telemetry.Series {
	lock := func(name, help string, total bool, labels prometheus.Labels, read func(cluster.LockStats) float64) telemetry.Series {
		return telemetry.Series{Name: name, Help: help, Total: total, Labels: labels, Read: func() float64 { return read(p.shared.locks.Stats()) }}
	}
	list := []telemetry.Series{
		lock("synctv_lock_held", "Locks that this replica holds.", false, nil, func(s cluster.LockStats) float64 { return float64(s.Held) }),
		lock("synctv_lock_waiting", "Commands that wait for a lock.", false, nil, func(s cluster.LockStats) float64 { return float64(s.Waiting) }),
		lock("synctv_lock_wait_seconds_total", "Time spent on getting locks, by those who wait for them.", true, nil, func(s cluster.LockStats) float64 { return s.Waited.Seconds() }),
		lock("synctv_lock_lost_total", "Locks that ended before their holder let go: Redis was away, or this process stood still.", true, nil, func(s cluster.LockStats) float64 { return float64(s.Lost) }),
		{Name: "synctv_redis_away", Help: "1 while Redis does not answer; 0 also where there is none.", Read: func() float64 { return bit(p.shared.away != nil && p.shared.away()) }},
		{Name: "synctv_store_away", Help: "1 while the database does not answer.", Read: func() float64 { return bit(p.storeWatch.away.Load()) }},
	}
	for result, read := range map[string]func(cluster.LockStats) float64{
		"taken":  func(s cluster.LockStats) float64 { return float64(s.Taken) },
		"busy":   func(s cluster.LockStats) float64 { return float64(s.Busy) },
		"failed": func(s cluster.LockStats) float64 { return float64(s.Failed) },
	} {
		list = append(list, lock("synctv_lock_asked_total", "Locks asked for, by what came of it: taken, busy (somebody else held it), failed (Redis could not be asked).", true, prometheus.Labels{"result": result}, read))
	}
	return list
}

func bit(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
