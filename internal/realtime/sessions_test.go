package realtime

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

func TestSessions(t *testing.T) {
	s := newSessions()
	if !s.add("r", "ada", "1") || s.add("r", "ada", "2") || !s.add("r", "bob", "3") || !s.add("q", "ada", "4") {
		t.Error("first in a room, and only then")
	}
	if got := s.online("r"); len(got) != 2 || !got["ada"] || !got["bob"] {
		t.Errorf("online %v", got)
	}
	if s.remove("r", "ada", "1") || s.remove("r", "ada", "1") || !s.remove("r", "ada", "2") || s.remove("r", "eve", "9") || s.remove("none", "ada", "1") {
		t.Error("last in a room, and only then")
	}
	if !s.remove("r", "bob", "3") || !s.remove("q", "ada", "4") || s.rooms.Size() != 0 {
		t.Errorf("%d rooms are kept", s.rooms.Size())
	}
	if got := s.online("r"); got == nil || len(got) != 0 {
		t.Error("an empty room has nobody")
	}
}

// Sockets come and go in few rooms from many goroutines, so that rooms empty
// and fill all the time. Nothing may be lost: what is open at the end is there,
// and firsts and lasts balance.
func TestSessionsHammer(t *testing.T) {
	s := newSessions()
	const workers, rounds = 16, 4000
	var balance atomic.Int64 // firsts minus lasts
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 1))
			for i := range rounds {
				room, person := strconv.Itoa(rnd.IntN(3)), strconv.Itoa(rnd.IntN(4))
				id := fmt.Sprintf("%d-%d", w, i)
				if s.add(room, person, id) {
					balance.Add(1)
				}
				if !s.online(room)[person] {
					t.Errorf("%s is open and not seen", id)
				}
				if s.remove(room, person, id) {
					balance.Add(-1)
				}
			}
			if s.add("end", strconv.Itoa(w), "stays") {
				balance.Add(1)
			}
		})
	}
	wg.Wait()
	if got := len(s.online("end")); got != workers || balance.Load() != workers {
		t.Errorf("%d of %d are seen, balance %d", got, workers, balance.Load())
	}
	if s.rooms.Size() != 1 {
		t.Errorf("%d rooms are kept", s.rooms.Size())
	}
}

// has tells whether a person has a socket open in a room.
func (s *sessions) has(roomID, personID string) bool {
	p, ok := s.rooms.Load(roomID)
	if !ok {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.people[personID]) > 0
}

// The candidates for the outer map: the same work, another way to hold it.
type sessionMap interface {
	add(room, person, socket string) bool
	remove(room, person, socket string) bool
	has(room, person string) bool
}

// lockedMap is one lock around everything; with rw readers share it.
type lockedMap struct {
	mu    sync.Mutex
	rw    *sync.RWMutex
	rooms map[string]map[string]int
}

func (m *lockedMap) write(f func()) {
	if m.rw != nil {
		m.rw.Lock()
		defer m.rw.Unlock()
	} else {
		m.mu.Lock()
		defer m.mu.Unlock()
	}
	f()
}

func (m *lockedMap) add(room, person, _ string) (first bool) {
	m.write(func() {
		if m.rooms[room] == nil {
			m.rooms[room] = map[string]int{}
		}
		m.rooms[room][person]++
		first = m.rooms[room][person] == 1
	})
	return first
}

func (m *lockedMap) remove(room, person, _ string) (last bool) {
	m.write(func() {
		m.rooms[room][person]--
		if last = m.rooms[room][person] == 0; last {
			delete(m.rooms[room], person)
		}
		if len(m.rooms[room]) == 0 {
			delete(m.rooms, room)
		}
	})
	return last
}

func (m *lockedMap) has(room, person string) bool {
	if m.rw != nil {
		m.rw.RLock()
		defer m.rw.RUnlock()
	} else {
		m.mu.Lock()
		defer m.mu.Unlock()
	}
	return m.rooms[room][person] > 0
}

// syncMap holds rooms in a sync.Map. It must keep empty rooms for ever or lose
// adds: there is no way to delete an entry only if it is still empty.
type syncMap struct{ rooms sync.Map }

type countedRoom struct {
	mu     sync.Mutex
	people map[string]int
}

func (m *syncMap) room(name string) *countedRoom {
	if r, ok := m.rooms.Load(name); ok {
		return r.(*countedRoom)
	}
	r, _ := m.rooms.LoadOrStore(name, &countedRoom{people: map[string]int{}})
	return r.(*countedRoom)
}

func (m *syncMap) add(room, person, _ string) bool {
	r := m.room(room)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.people[person]++
	return r.people[person] == 1
}

func (m *syncMap) remove(room, person, _ string) bool {
	r := m.room(room)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.people[person]--
	if r.people[person] > 0 {
		return false
	}
	delete(r.people, person)
	return true
}

func (m *syncMap) has(room, person string) bool {
	r := m.room(room)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.people[person] > 0
}

// BenchmarkSessionMap: 500 rooms of 4 people; read asks for one person, write
// is one socket that comes and goes, mixed is nine reads to a write.
func BenchmarkSessionMap(b *testing.B) {
	makers := []struct {
		name string
		make func() sessionMap
	}{
		{"mutex", func() sessionMap { return &lockedMap{rooms: map[string]map[string]int{}} }},
		{"rwmutex", func() sessionMap { return &lockedMap{rw: &sync.RWMutex{}, rooms: map[string]map[string]int{}} }},
		{"syncmap", func() sessionMap { return &syncMap{} }},
		{"xsync", func() sessionMap { return newSessions() }},
	}
	for _, m := range makers {
		for _, load := range []struct {
			name  string
			reads int // of ten
		}{{"read", 10}, {"write", 0}, {"mixed", 9}} {
			b.Run(m.name+"/"+load.name, func(b *testing.B) { benchSessionMap(b, m.make(), load.reads) })
		}
	}
}

func benchSessionMap(b *testing.B, m sessionMap, reads int) {
	const rooms, people = 500, 4
	names := make([]string, rooms)
	for i := range names {
		names[i] = "room" + strconv.Itoa(i)
		for p := range people {
			m.add(names[i], strconv.Itoa(p), "first")
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	var seed atomic.Uint64
	b.RunParallel(func(pb *testing.PB) {
		n := seed.Add(1)
		me, rnd := strconv.FormatUint(n, 10)+"w", rand.New(rand.NewPCG(n, 7))
		for pb.Next() {
			room := names[rnd.IntN(rooms)]
			if rnd.IntN(10) < reads {
				m.has(room, "2")
				continue
			}
			m.add(room, me, "s")
			m.remove(room, me, "s")
		}
	})
}
