//go:build unix

package cluster

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// cast is everybody who takes part, and the rooms they are in.
type cast struct {
	rig     *rig
	rooms   []string
	owners  []*member // one per room; they control
	members []*member // all
	work    sync.WaitGroup
	talking sync.WaitGroup // those who command
	hush    context.CancelFunc
}

// gather makes rooms with members in each, spread over the replicas, and opens
// their pages. Everybody talks.
func (r *rig) gather(rooms, perRoom int, every time.Duration) *cast {
	r.t.Helper()
	c := &cast{rig: r}
	ctx, stop := context.WithCancel(context.Background())
	talk, hush := context.WithCancel(ctx)
	c.hush = hush
	r.t.Cleanup(func() { stop(); c.talking.Wait(); c.work.Wait() })
	root := r.newMember("", 0)
	var in struct{ Token string }
	must(r.t, root.do(ctx, root.base(), "POST", "/api/auth/login", map[string]string{"name": "root", "password": rootPassword}, &in))
	root.token = in.Token
	for i := range rooms {
		var room struct{ ID string }
		must(r.t, root.do(ctx, root.base(), "POST", "/api/rooms", map[string]string{"name": fmt.Sprintf("room %d", i)}, &room))
		owner := r.newMember(room.ID, i)
		owner.token = root.token
		var list struct{ Items []struct{ ID string } }
		must(r.t, owner.do(ctx, owner.base(), "POST", "/api/rooms/"+room.ID+"/playlist/items",
			map[string]any{"items": []map[string]string{{"url": "https://example.org/a.mp4"}}}, &list))
		must(r.t, owner.do(ctx, owner.base(), "POST", "/api/rooms/"+room.ID+"/playback/item", map[string]string{"item_id": list.Items[0].ID}, nil))
		c.rooms, c.owners, c.members = append(c.rooms, room.ID), append(c.owners, owner), append(c.members, owner)
		for n := range perRoom - 1 {
			m := r.newMember(room.ID, i+n+1)
			var guest struct{ Token string }
			must(r.t, m.do(ctx, m.base(), "POST", "/api/rooms/"+room.ID+"/guests", map[string]string{"name": fmt.Sprintf("Guest %d", n)}, &guest))
			m.token = guest.Token
			c.members = append(c.members, m)
		}
	}
	for i, m := range c.members {
		c.work.Go(func() { m.watch(ctx) })
		c.talking.Go(func() { m.talk(talk, fmt.Sprintf("m%d", i), every) })
	}
	for i, o := range c.owners {
		c.talking.Go(func() { o.steer(talk, every) })
		c.talking.Go(func() { o.queue(talk, fmt.Sprintf("o%d", i), 4*every) })
	}
	c.await("everybody is in", 30*time.Second, c.allOpen)
	c.reset()
	return c
}

func (r *rig) newMember(room string, at int) *member {
	m := &member{rig: r, room: room, unknown: map[string]bool{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}}}
	m.at.Store(int64(at))
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// await polls until a condition holds and says how long that took.
func (c *cast) await(what string, limit time.Duration, holds func() bool) time.Duration {
	c.rig.t.Helper()
	began := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if <-tick.C; time.Since(began) > limit {
			c.rig.t.Fatalf("waited %v for: %s", limit, what)
		}
	}
	return time.Since(began)
}

func (c *cast) allOpen() bool {
	for _, m := range c.members {
		m.mu.Lock()
		open := m.open
		m.mu.Unlock()
		if !open {
			return false
		}
	}
	return true
}

// reset begins a new account of interruptions.
func (c *cast) reset() {
	for _, m := range c.members {
		m.mu.Lock()
		m.longest, m.breaks, m.refused, m.lost, m.stepped = 0, 0, 0, time.Time{}, 0
		m.mu.Unlock()
	}
}

// account says what members saw since the last reset.
func (c *cast) account() (interrupted int, longest time.Duration, refused int) {
	for _, m := range c.members {
		m.mu.Lock()
		if m.breaks > 0 {
			interrupted++
		}
		longest, refused = max(longest, m.longest), refused+m.refused
		m.mu.Unlock()
	}
	return interrupted, longest, refused
}

// agree waits until every page and every replica has the same playback of each
// room, while nobody commands any more.
func (c *cast) agree(ctx context.Context) {
	c.rig.t.Helper()
	for i, room := range c.rooms {
		var stored struct{ Playback playback }
		for n, p := range c.rig.replicas {
			was := stored
			must(c.rig.t, c.owners[i].do(ctx, p.url, "GET", "/api/rooms/"+room+"/state", nil, &stored))
			if n > 0 && stored != was {
				c.rig.t.Errorf("replicas disagree on %s: %+v and %+v", room, was, stored)
			}
		}
		for _, m := range c.members {
			if m.room != room {
				continue
			}
			c.await("the pages to agree", 15*time.Second, func() bool {
				m.mu.Lock()
				defer m.mu.Unlock()
				return m.playback == stored.Playback
			})
		}
	}
}

// history checks that every line that was acknowledged is in the store exactly
// once and in its author's order, and that no other line is there but those
// whose answers were lost.
func (c *cast) history(ctx context.Context) (lines int) {
	c.rig.t.Helper()
	for i, room := range c.rooms {
		seen := map[string]int64{}
		for before := int64(0); ; {
			path := "/api/rooms/" + room + "/chat?limit=100"
			if before > 0 {
				path += fmt.Sprintf("&before=%d", before)
			}
			var page struct{ Messages []message }
			must(c.rig.t, c.owners[i].do(ctx, c.rig.replicas[0].url, "GET", path, nil, &page))
			if len(page.Messages) == 0 {
				break
			}
			for _, m := range page.Messages {
				if _, twice := seen[m.Text]; twice && m.Text != "" {
					c.rig.t.Errorf("twice: %q", m.Text)
				}
				seen[m.Text] = m.Seq
			}
			before = page.Messages[0].Seq
		}
		for _, m := range c.members {
			if m.room != room {
				continue
			}
			last := int64(0)
			for _, line := range m.acked {
				if seen[line] <= last {
					c.rig.t.Errorf("lost or out of order: %q (%d after %d)", line, seen[line], last)
				}
				last = seen[line]
			}
			lines += len(m.acked)
		}
	}
	return lines
}

// queues checks that every item whose adding was acknowledged is in its list, once.
func (c *cast) queues(ctx context.Context) (items int) {
	c.rig.t.Helper()
	for _, o := range c.owners {
		var list struct{ Items []struct{ Title string } }
		must(c.rig.t, o.do(ctx, c.rig.replicas[0].url, "GET", "/api/rooms/"+o.room+"/playlist", nil, &list))
		there := map[string]int{}
		for _, it := range list.Items {
			there[it.Title]++
		}
		for _, title := range o.queued {
			if there[title] != 1 {
				c.rig.t.Errorf("%q is %d times in the list", title, there[title])
			}
		}
		items += len(o.queued)
	}
	return items
}

// finish stops all commands and checks everything.
func (c *cast) finish() {
	c.rig.t.Helper()
	c.hush()
	c.talking.Wait()
	ctx := context.Background()
	c.await("everybody is in", 30*time.Second, c.allOpen)
	c.agree(ctx)
	lines, items := c.history(ctx), c.queues(ctx)
	c.rig.t.Logf("%d members in %d rooms, %d lines and %d items acknowledged, all there once and in order", len(c.members), len(c.rooms), lines, items)
}
