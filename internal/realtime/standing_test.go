package realtime

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"synctv/internal/cluster/local"
	"synctv/internal/mark"
	"synctv/internal/problem"
	"synctv/internal/room"
	"synctv/internal/screen"
)

// book is a rule book in which one person may enter as long as they are a
// platform admin, and whose sign-in a test can take away.
type book struct {
	mu      sync.Mutex
	admin   bool  // guarded by mu
	refused error // guarded by mu; why the sign-in does not hold any more
}

func (b *book) set(admin bool, refused error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.admin, b.refused = admin, refused
}

func (b *book) Standing(_ context.Context, who room.Person, _ string) (room.Person, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	who.GlobalAdmin = b.admin
	return who, b.refused
}

func (b *book) Enter(_ context.Context, _ string, who room.Person) (room.Access, error) {
	if !who.GlobalAdmin {
		return room.Access{}, room.ErrNotMember
	}
	return room.Access{}, nil
}

func (b *book) Snapshot(context.Context, string, room.Person) (room.Snapshot, error) {
	return room.Snapshot{Type: "snapshot"}, nil
}

func (b *book) Marks(context.Context, []string) (map[string]mark.Marks, error) {
	return map[string]mark.Marks{}, nil
}

func (b *book) Word(context.Context, string, room.Person, screen.Word) error { return nil }

func (b *book) Silent(context.Context, string, string) {}

func (b *book) Presence(context.Context, string, string, bool) error { return nil }

// openVisit opens the socket of a platform admin and gives both
// ends of it.
func openVisit(t *testing.T, b *book) (*Sockets, *websocket.Conn) {
	t.Helper()
	n, err := NewNode(Options{Log: slog.New(slog.DiscardHandler), Roll: local.NewRoll()})
	if err != nil {
		t.Fatal(err)
	}
	s := NewSockets(n, b, time.Now)
	if err := n.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Stop(context.Background()) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Serve(w, r, "room", room.Person{ID: "ada", Kind: room.KindUser, GlobalAdmin: true}, "session")
	}))
	t.Cleanup(server.Close)
	conn, _, err := websocket.Dial(t.Context(), server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(`{"id":1,"connect":{}}`)); err != nil {
		t.Fatal(err)
	}
	return s, conn
}

// arrived waits for the snapshot: until then a store that is away ends the socket.
func arrived(t *testing.T, conn *websocket.Conn) {
	t.Helper()
	for {
		_, data, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(`"snapshot"`)) {
			return
		}
	}
}

// closeCode reads until the server closes the socket.
func closeCode(t *testing.T, conn *websocket.Conn) websocket.StatusCode {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		if _, _, err := conn.Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

// Another replica may have ended what this socket stands on, and the word of it
// may be lost: the regular look finds out.
func TestTheRegularLookEndsWhatStandsNoMore(t *testing.T) {
	for name, c := range map[string]struct {
		admin   bool
		refused error
		code    websocket.StatusCode
	}{
		"session ended": {true, problem.New(problem.Unauthenticated, "session_expired", "x"), 4501},
		"banned":        {true, problem.New(problem.Forbidden, "user_banned", "x"), 4503},
		"admin no more": {false, nil, 4503},
	} {
		t.Run(name, func(t *testing.T) {
			b := &book{admin: true}
			s, conn := openVisit(t, b)
			arrived(t, conn)
			look := func() {
				for _, client := range s.node.node.Hub().UserConnections("ada") {
					v, _ := client.Context().Value(visitKey{}).(visit)
					s.alive(client, v)
				}
			}
			look()
			b.set(true, errors.New("the store is away"))
			look() // whoever is in stays in
			if n := s.node.Sockets(); n != 1 {
				t.Fatalf("%d sockets before", n)
			}
			b.set(c.admin, c.refused)
			look()
			if code := closeCode(t, conn); code != c.code {
				t.Errorf("closed with %d, want %d", code, c.code)
			}
		})
	}
}

func ada() (room.Person, string, error) {
	return room.Person{ID: "ada", Kind: room.KindUser}, "session", nil
}

// A session that ends between the question whose it is and its response being
// known does not slip through; somebody else's makes no difference.
func TestCutWhileAsking(t *testing.T) {
	s, _ := openVisit(t, &book{admin: true})
	gone := errors.New("signed out")
	for _, c := range []struct {
		name string
		o    whom
		want error
	}{
		{"mine", whom{Person: "ada", Session: "session"}, gone},
		{"somebody else's", whom{Person: "bob"}, nil},
	} {
		asked := 0
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		held, who, release, err := s.Hold(httptest.NewRecorder(), r, "room", func() (room.Person, string, error) {
			if asked++; asked == 1 {
				s.node.held.cut(c.o) // the answer is on its way already
				return ada()
			}
			person, session, _ := ada()
			return person, session, c.want
		})
		if !errors.Is(err, c.want) || asked != 2 {
			t.Errorf("%s: %v, asked %d times", c.name, err, asked)
		}
		if err == nil {
			if held.Context().Err() != nil || who.ID != "ada" {
				t.Errorf("%s: %v, %+v", c.name, held.Context().Err(), who)
			}
			release()
		}
		if left := s.node.held.all(); len(left) > 0 {
			t.Errorf("%s: %d are still held", c.name, len(left))
		}
	}
}

// The same look is for running responses.
func TestTheRegularLookCutsResponses(t *testing.T) {
	b := &book{admin: true}
	s, _ := openVisit(t, b)
	over := make(chan error, 1) // why writing ended
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, _, release, err := s.Hold(w, r, "room", ada)
		if err != nil {
			t.Error(err)
			return
		}
		defer release()
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		for err == nil { // the deadline comes from another goroutine
			_, err = w.Write(make([]byte, 64<<10))
		}
		over <- err
	}))
	t.Cleanup(server.Close)
	res, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	s.review(t.Context())
	b.set(true, errors.New("the store is away"))
	s.review(t.Context())
	select {
	case <-over:
		t.Fatal("cut while the person may stay")
	default:
	}
	b.set(false, nil)
	s.review(t.Context())
	<-over
	if n, err := io.Copy(io.Discard, res.Body); err == nil {
		t.Errorf("the response ended well after %d bytes", n)
	}
	server.Close()
	if left := s.node.held.all(); len(left) > 0 {
		t.Errorf("%d are still held", len(left))
	}
}

// A word is about those it names, and an empty one about nobody.
func TestCutFits(t *testing.T) {
	ada := visit{roomID: "r", who: room.Person{ID: "ada"}, sessionID: "s"}
	for o, want := range map[whom]bool{
		{Room: "r"}: true, {Room: "q"}: false, {Person: "ada"}: true, {Person: "bob"}: false,
		{Room: "r", Person: "ada"}: true, {Room: "q", Person: "ada"}: false,
		{Person: "ada", Session: "s"}: true, {Person: "ada", Session: "other"}: false,
	} {
		if o.fits(ada) != want {
			t.Errorf("%+v: %v", o, !want)
		}
	}
}

// Whoever is put out while their socket opens was told before it could hear.
func TestASocketThatOpensTooLateIsClosed(t *testing.T) {
	b := &book{admin: true, refused: problem.New(problem.Unauthenticated, "session_expired", "x")}
	_, conn := openVisit(t, b)
	if code := closeCode(t, conn); code != 3004 { // come back, and be refused properly
		t.Errorf("closed with %d", code)
	}
}
