//go:build unix

package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"synctv/internal/account"
	"synctv/internal/audit"
	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
)

func testUsers(t *testing.T, s *store.Store) {
	ctx := t.Context()
	n, err := s.CountUsers(ctx)
	must(t, err)
	same(t, n, 0)
	u := addUser(t, s, "Émile")
	got, err := s.UserByName(ctx, "émile")
	must(t, err)
	same(t, got, u)
	got, err = s.User(ctx, u.ID)
	must(t, err)
	same(t, got, u)
	clash := u
	clash.ID, clash.Name = ident.New(), "ÉMILE"
	wantErr(t, s.CreateUser(ctx, clash), account.ErrNameTaken)
	_, err = s.UserByName(ctx, "nobody")
	wantErr(t, err, account.ErrUserNotFound)
	_, err = s.User(ctx, "nobody")
	wantErr(t, err, account.ErrUserNotFound)
	testSwapUser(t, s, u)
}

func testSwapUser(t *testing.T, s *store.Store, u account.User) {
	ctx := t.Context()
	other := addUser(t, s, "other")
	next := u
	next.Name, next.Color, next.Role, next.Status, next.Version = "Zoë", "#abcdef", account.Admin, account.Pending, 2
	swapped, err := s.SwapUser(ctx, next, 1)
	must(t, err)
	same(t, swapped, true)
	got, err := s.UserByName(ctx, "zoë")
	must(t, err)
	same(t, got, next)
	swapped, err = s.SwapUser(ctx, next, 1)
	must(t, err)
	same(t, swapped, false)
	next.Name, next.Version = "OTHER", 3
	_, err = s.SwapUser(ctx, next, 2)
	wantErr(t, err, account.ErrNameTaken)
	addRoom(t, s, other, "x", 1)
	wantErr(t, s.RemoveUser(ctx, other.ID), account.ErrOwnsRooms)
	must(t, s.RemoveUser(ctx, u.ID))
	wantErr(t, s.RemoveUser(ctx, u.ID), account.ErrUserNotFound)
}

func testSessions(t *testing.T, s *store.Store) {
	ctx := t.Context()
	u := addUser(t, s, "ada")
	n := account.Session{
		ID: ident.New(), UserID: u.ID, Kind: account.DeviceSession, TokenHash: "h", Agent: "curl", Address: "192.0.2.1",
		CreatedMS: 1, SeenMS: 2, ExpiresMS: 100, RotatedMS: 1,
	}
	must(t, s.CreateSession(ctx, n, u.PasswordHash))
	wantErr(t, s.CreateSession(ctx, n, "a password that was changed"), account.ErrWrongCredentials)
	gotN, gotU, err := s.SessionByToken(ctx, "h", 99)
	must(t, err)
	same(t, gotN, n)
	same(t, gotU, u)
	_, _, err = s.SessionByToken(ctx, "h", 100)
	wantErr(t, err, account.ErrSessionExpired)
	n.SeenMS, n.ExpiresMS, n.Address = 50, 200, "192.0.2.2"
	must(t, s.TouchSession(ctx, n))
	gotN, _, err = s.Session(ctx, n.ID, 150)
	must(t, err)
	same(t, gotN, n)
	testRotation(t, s, n)
	must(t, s.RemoveSession(ctx, n.ID))
	must(t, s.RemoveSession(ctx, n.ID))
	_, _, err = s.SessionByToken(ctx, "h2", 1)
	wantErr(t, err, account.ErrSessionExpired)
	testSessionLists(t, s, u)
}

func testRotation(t *testing.T, s *store.Store, n account.Session) {
	ctx := t.Context()
	next := n
	next.TokenHash, next.PrevHash, next.PrevUntilMS, next.RotatedMS = "h2", "h", 160, 100
	swapped, err := s.RotateSession(ctx, next, "h")
	must(t, err)
	same(t, swapped, true)
	swapped, err = s.RotateSession(ctx, next, "h")
	must(t, err)
	same(t, swapped, false)
	for _, token := range []string{"h", "h2"} {
		got, _, err := s.SessionByToken(ctx, token, 150)
		must(t, err)
		same(t, got, next)
	}
}

func testSessionLists(t *testing.T, s *store.Store, u account.User) {
	ctx := t.Context()
	add := func(id string, seen, expires int64) {
		n := account.Session{ID: id, UserID: u.ID, Kind: account.TokenSession, Name: "bot", TokenHash: id, Address: "192.0.2.9", CreatedMS: 10, SeenMS: seen, ExpiresMS: expires}
		must(t, s.CreateSession(ctx, n, u.PasswordHash))
	}
	add("old", 1, 11)
	add("a", 20, 100)
	add("b", 30, 100)
	list, err := s.SessionsOf(ctx, u.ID, 50)
	must(t, err)
	ids := func(l []account.Session) (out []string) {
		for _, n := range l {
			out = append(out, n.ID)
		}
		return out
	}
	same(t, ids(list), []string{"b", "a"})
	for address, want := range map[string]bool{"192.0.2.9": true, "192.0.2.8": false} {
		used, err := s.UsedFrom(ctx, u.ID, address, 50)
		must(t, err)
		same(t, used, want)
	}
	ended, err := s.RemoveSessions(ctx, u.ID, "b")
	must(t, err)
	slices.Sort(ended)
	same(t, ended, []string{"a", "old"})
	ended, swapped, err := s.SwapPassword(ctx, u.ID, u.PasswordHash, "new", "")
	must(t, err)
	same(t, []any{ended, swapped}, []any{[]string{"b"}, true})
	ended, swapped, err = s.SwapPassword(ctx, u.ID, u.PasswordHash, "newer", "")
	must(t, err)
	same(t, []any{len(ended), swapped}, []any{0, false})
}

// people is the use cases over one store, with a clock that tests turn and
// what the sockets and the record were told.
type people struct {
	*account.Service
	t   *testing.T
	mu  sync.Mutex
	now time.Time // guarded by mu
	// told is what was asked of the sockets, and the record's actions; guarded by mu
	told []string
}

func newPeople(t *testing.T, s *store.Store) *people {
	p := &people{t: t, now: time.UnixMilli(1_700_000_000_000)}
	p.Service = &account.Service{
		Users: s, Sessions: s, Lists: s, Sockets: p, Passwords: account.NewPasswords(2, nil), Limits: account.NewLimits(),
		Audit: p, Signup: func() account.Signup { return account.SignupOpen }, Now: func() time.Time { p.mu.Lock(); defer p.mu.Unlock(); return p.now },
	}
	return p
}

func (p *people) later(d time.Duration) { p.mu.Lock(); p.now = p.now.Add(d); p.mu.Unlock() }

func (p *people) tell(format string, a ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, fmt.Sprintf(format, a...))
}

func (p *people) EndSession(_ context.Context, _, id string) { p.tell("end session %s", id) }
func (p *people) EndPerson(_ context.Context, id string)     { p.tell("end person %s", id) }
func (p *people) Renew(_ context.Context, id string)         { p.tell("renew %s", id) }
func (p *people) Record(_ context.Context, e audit.Entry) {
	p.tell("%s %s→%s %s", e.Action, e.Actor.Name, e.Target.Name, e.Reason)
}

// heard gives what was told since it was asked last.
func (p *people) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	told := p.told
	p.told = nil
	return told
}

const goodPassword = "correct horse"

func (p *people) add(name string, role account.Role) account.User {
	p.t.Helper()
	u, err := p.Register(p.t.Context(), name, goodPassword, account.Device{})
	must(p.t, err)
	if role == account.Plain {
		return u
	}
	u.Role, u.Version = role, 2
	_, err = p.Users.SwapUser(p.t.Context(), u, 1)
	must(p.t, err)
	return u
}

func (p *people) signIn(name string, d account.Device) (token string) {
	p.t.Helper()
	_, token, err := p.SignIn(p.t.Context(), name, goodPassword, d)
	must(p.t, err)
	return token
}

func (p *people) whose(token string) account.Proof {
	p.t.Helper()
	proof, err := p.Authenticate(p.t.Context(), token, home, true)
	must(p.t, err)
	return proof
}

var (
	home = account.Device{Agent: "Firefox", Address: "192.0.2.1"}
	away = account.Device{Agent: "phone", Address: "198.51.100.9"}
)

func TestPeople(t *testing.T) {
	cases := map[string]func(*testing.T, *store.Store){
		"rotation": testTokenRotation, "rotation race": testRotationRace, "sliding": testSliding, "sessions of one": testMySessions,
		"tokens": testAccessTokens, "devices": testDeviceLimit, "password": testChangePassword, "password race": testPasswordRace,
		"profile": testProfile, "delete": testDeleteAccount, "admin": testAdminActs, "list": testListUsers,
		"guessing": testGuessing, "two services": testTwoServices,
	}
	t.Run("sqlite", func(t *testing.T) {
		for name, work := range cases {
			t.Run(name, func(t *testing.T) { work(t, storetest.Open(t, storetest.SQLiteURL(t))) })
		}
	})
	t.Run("postgres", func(t *testing.T) {
		server := storetest.StartPostgres(t)
		for name, work := range cases {
			t.Run(name, func(t *testing.T) { work(t, storetest.Open(t, server.NewDatabase(t))) })
		}
	})
}

func testTokenRotation(t *testing.T, s *store.Store) {
	p := newPeople(t, s)
	p.add("ada", account.Plain)
	first := p.signIn("ada", home)
	p.later(23 * time.Hour)
	if proof := p.whose(first); proof.Renewed != "" {
		t.Error("replaced before a day had passed")
	}
	p.later(time.Hour)
	if proof, err := p.Authenticate(t.Context(), first, home, false); err != nil || proof.Renewed != "" {
		t.Errorf("a Bearer token: %v, replaced: %v", err, proof.Renewed != "")
	}
	second := p.whose(first).Renewed
	if second == "" || second == first {
		t.Fatalf("after a day the token is %q", second)
	}
	p.later(59 * time.Second)
	if proof := p.whose(first); proof.Renewed != "" { // another tab
		t.Error("the token before was replaced again")
	}
	p.whose(second)
	p.heard()
	p.later(time.Second)
	_, err := p.Authenticate(t.Context(), first, home, true)
	wantErr(t, err, account.ErrSessionExpired)
	if told := p.heard(); len(told) != 1 || !strings.HasPrefix(told[0], "end session") {
		t.Errorf("sockets heard %v", told)
	}
	_, err = p.Authenticate(t.Context(), second, home, true) // whoever has the newer one, too
	wantErr(t, err, account.ErrSessionExpired)
}

// Many tabs wake up at once after a day: one gets the new token, all get in.
func testRotationRace(t *testing.T, s *store.Store) {
	p := newPeople(t, s)
	p.add("ada", account.Plain)
	token := p.signIn("ada", home)
	p.later(25 * time.Hour)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var renewed []string
	for range 8 {
		wg.Go(func() {
			proof, err := p.Authenticate(context.Background(), token, home, true)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if proof.Renewed != "" {
				renewed = append(renewed, proof.Renewed)
			}
		})
	}
	wg.Wait()
	if len(renewed) != 1 {
		t.Fatalf("%d new tokens", len(renewed))
	}
	p.whose(renewed[0])
}

func testSliding(t *testing.T, s *store.Store) {
	p := newPeople(t, s)
	p.add("ada", account.Plain)
	used, idle := p.signIn("ada", home), p.signIn("ada", home)
	for range 4 {
		p.later(10 * 24 * time.Hour)
		_, err := p.Authenticate(t.Context(), used, away, false)
		must(t, err)
	}
	_, err := p.Authenticate(t.Context(), idle, home, false)
	wantErr(t, err, account.ErrSessionExpired)
	if a := p.whose(used).Session.Address; a != away.Address && a != home.Address {
		t.Errorf("address %q", a)
	}
	_, err = p.Authenticate(t.Context(), "nonsense", home, true)
	wantErr(t, err, account.ErrSessionExpired)
}

func testMySessions(t *testing.T, s *store.Store) {
	p, ctx := newPeople(t, s), t.Context()
	p.add("ada", account.Plain)
	p.add("bob", account.Plain)
	here, phone, bob := p.whose(p.signIn("ada", home)), p.whose(p.signIn("ada", away)), p.whose(p.signIn("bob", home))
	ada := here.User
	list, err := p.MySessions(ctx, ada)
	must(t, err)
	if len(list) != 2 || list[0].Agent == list[1].Agent {
		t.Fatalf("sessions %+v", list)
	}
	wantErr(t, p.EndMySession(ctx, ada, bob.Session.ID), account.ErrSessionNotFound)
	wantErr(t, p.EndMySession(ctx, ada, "nothing"), account.ErrSessionNotFound)
	must(t, p.EndMySession(ctx, ada, phone.Session.ID))
	same(t, p.heard(), []string{"end session " + phone.Session.ID})
	_, err = p.Standing(ctx, phone.Session.ID)
	wantErr(t, err, account.ErrSessionExpired)
	p.signIn("ada", away)
	p.signIn("ada", away)
	n, err := p.EndOtherSessions(ctx, ada, here.Session.ID)
	must(t, err)
	same(t, []int{n, len(p.heard())}, []int{2, 2})
	_, err = p.Standing(ctx, here.Session.ID)
	must(t, err)
	_, err = p.Standing(ctx, bob.Session.ID)
	must(t, err)
}

func testAccessTokens(t *testing.T, s *store.Store) {
	p, ctx := newPeople(t, s), t.Context()
	ada := p.add("ada", account.Plain)
	n, token, err := p.CreateToken(ctx, ada, " my  bot ", home)
	must(t, err)
	same(t, []any{n.Name, n.Kind}, []any{"my bot", account.TokenSession})
	p.later(48 * time.Hour)
	if proof := p.whose(token); proof.Renewed != "" || proof.User.ID != ada.ID {
		t.Errorf("%+v", proof)
	}
	for _, bad := range []string{"", " ", strings.Repeat("x", 61)} {
		_, _, err = p.CreateToken(ctx, ada, bad, home)
		same(t, problem.KindOf(err), problem.Invalid)
	}
	for range 49 {
		_, _, err = p.CreateToken(ctx, ada, "bot", home)
		must(t, err)
	}
	_, _, err = p.CreateToken(ctx, ada, "one too many", home)
	wantErr(t, err, account.ErrTokenLimit)
	must(t, p.EndMySession(ctx, ada, n.ID))
	_, err = p.Authenticate(ctx, token, home, false)
	wantErr(t, err, account.ErrSessionExpired)
}

func testDeviceLimit(t *testing.T, s *store.Store) {
	p, ctx := newPeople(t, s), t.Context()
	ada := p.add("ada", account.Plain)
	oldest, err := p.StartSession(ctx, ada, home)
	must(t, err)
	for range 50 {
		p.later(time.Second)
		_, err := p.StartSession(ctx, ada, home)
		must(t, err)
	}
	_, err = p.Authenticate(ctx, oldest, home, true)
	wantErr(t, err, account.ErrSessionExpired)
	list, err := p.MySessions(ctx, ada)
	must(t, err)
	same(t, len(list), 50)
}

func testChangePassword(t *testing.T, s *store.Store) {
	p, ctx := newPeople(t, s), t.Context()
	p.add("ada", account.Plain)
	here, phone := p.whose(p.signIn("ada", home)), p.whose(p.signIn("ada", away))
	const next = "battery staple"
	wantErr(t, p.ChangePassword(ctx, here.User, here.Session.ID, "wrong", next, home), account.ErrWrongPassword)
	same(t, problem.KindOf(p.ChangePassword(ctx, here.User, here.Session.ID, goodPassword, "short", home)), problem.Invalid)
	must(t, p.ChangePassword(ctx, here.User, here.Session.ID, goodPassword, next, home))
	same(t, p.heard(), []string{"end session " + phone.Session.ID, "user.password ada→ada "})
	_, err := p.Standing(ctx, phone.Session.ID)
	wantErr(t, err, account.ErrSessionExpired)
	_, err = p.Standing(ctx, here.Session.ID)
	must(t, err)
	_, _, err = p.SignIn(ctx, "ada", goodPassword, home)
	wantErr(t, err, account.ErrWrongCredentials)
	_, _, err = p.SignIn(ctx, "ADA", next, home)
	must(t, err)
	// What was loaded before the change is too old to change it again.
	same(t, problem.KindOf(p.ChangePassword(ctx, here.User, here.Session.ID, goodPassword, "another one", home)), problem.Conflict)
}

// A thief who signs in while the password is being changed is out afterwards.
func testPasswordRace(t *testing.T, s *store.Store) {
	p := newPeople(t, s)
	for round := range 5 {
		name := fmt.Sprintf("user%d", round)
		u := p.add(name, account.Plain)
		keep := p.whose(p.signIn(name, home)).Session.ID
		var wg sync.WaitGroup
		tokens := make([]string, 4)
		for i := range tokens {
			wg.Go(func() {
				if _, token, err := p.SignIn(context.Background(), name, goodPassword, away); err == nil {
					tokens[i] = token
				}
			})
		}
		wg.Go(func() {
			if err := p.ChangePassword(context.Background(), u, keep, goodPassword, "battery staple", home); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		for _, token := range tokens {
			if token == "" {
				continue
			}
			_, err := p.Authenticate(t.Context(), token, away, true)
			wantErr(t, err, account.ErrSessionExpired)
		}
	}
}

func testProfile(t *testing.T, s *store.Store) {
	p, ctx := newPeople(t, s), t.Context()
	ada := p.add("ada", account.Plain)
	p.add("bob", account.Plain)
	var changed []string
	p.AccountChanged = func(_ context.Context, id string) { changed = append(changed, id) }
	set := func(name, color string) (account.User, error) {
		var f account.Profile
		if name != "" {
			f.Name = &name
		}
		if color != "" {
			f.Color = &color
		}
		return p.UpdateProfile(ctx, ada, f)
	}
	u, err := set("Ada_L", "#ABCDEF")
	must(t, err)
	same(t, []any{u.Name, u.Color, u.Version, changed}, []any{"Ada_L", "#abcdef", int64(2), []string{ada.ID}})
	_, err = set("BOB", "")
	wantErr(t, err, account.ErrNameTaken)
	for name, color := range map[string]string{"x": "", "<b>": "", "": "red", " ": "#12345"} {
		_, err = set(name, color)
		same(t, problem.KindOf(err), problem.Invalid)
	}
	got, err := p.Users.User(ctx, ada.ID)
	must(t, err)
	same(t, got, u)
}

func testDeleteAccount(t *testing.T, s *store.Store) {
	p, ctx := newPeople(t, s), t.Context()
	root, ada := p.add("root", account.Root), p.add("ada", account.Plain)
	token := p.signIn("ada", home)
	wantErr(t, p.Delete(ctx, root, goodPassword, home), account.ErrRootStays)
	wantErr(t, p.Delete(ctx, ada, "wrong password", home), account.ErrWrongPassword)
	refuse := errors.New("no heir")
	p.AccountGone = func(context.Context, string) error { return refuse }
	wantErr(t, p.Delete(ctx, ada, goodPassword, home), refuse)
	p.whose(token)
	p.AccountGone = nil
	addRoom(t, s, ada, "hers", 1)
	wantErr(t, p.Delete(ctx, ada, goodPassword, home), account.ErrOwnsRooms)
	bob := p.add("bob", account.Plain)
	gone := ""
	p.AccountGone = func(_ context.Context, id string) error { gone = id; return nil }
	p.heard()
	must(t, p.Delete(ctx, bob, goodPassword, home))
	same(t, gone, bob.ID)
	same(t, p.heard(), []string{"end person " + bob.ID, "user.delete bob→bob "})
	_, _, err := p.SignIn(ctx, "bob", goodPassword, home)
	wantErr(t, err, account.ErrWrongCredentials)
	p.add("bob", account.Plain) // the name is free again
}

func testAdminActs(t *testing.T, s *store.Store) {
	p, ctx := newPeople(t, s), t.Context()
	root, boss := p.add("root", account.Root), p.add("boss", account.Admin)
	p.Signup = func() account.Signup { return account.SignupApproval }
	ada := p.add("ada", account.Plain)
	same(t, ada.Status, account.Pending)
	u, err := p.Approve(ctx, boss, ada.ID)
	must(t, err)
	same(t, u.Status, account.Active)
	_, err = p.Approve(ctx, boss, ada.ID) // twice is fine, and recorded once
	must(t, err)
	token := p.signIn("ada", home)
	_, err = p.Ban(ctx, boss, ada.ID, "spam\u202e")
	must(t, err)
	_, err = p.Authenticate(ctx, token, home, true)
	wantErr(t, err, account.ErrSessionExpired)
	_, _, err = p.SignIn(ctx, "ada", goodPassword, home)
	wantErr(t, err, account.ErrBanned)
	_, err = p.Unban(ctx, boss, ada.ID, "")
	must(t, err)
	_, err = p.SetRole(ctx, boss, ada.ID, account.Admin, "")
	wantErr(t, err, account.ErrRootRequired)
	_, err = p.SetRole(ctx, root, ada.ID, account.Root, "")
	wantErr(t, err, account.ErrRoleUnknown)
	_, err = p.SetRole(ctx, root, ada.ID, account.Admin, "helps")
	must(t, err)
	_, err = p.Ban(ctx, boss, ada.ID, "")
	wantErr(t, err, account.ErrAboveYou)
	_, err = p.Ban(ctx, boss, "nobody", "")
	wantErr(t, err, account.ErrUserNotFound)
	password, err := p.ResetPassword(ctx, root, ada.ID, "forgot")
	must(t, err)
	_, _, err = p.SignIn(ctx, "ada", goodPassword, home)
	wantErr(t, err, account.ErrWrongCredentials)
	_, _, err = p.SignIn(ctx, "ada", password, home)
	must(t, err)
	same(t, p.heard(), []string{
		"user.approve boss→ada ", "user.ban boss→ada spam", "end person " + ada.ID, "user.unban boss→ada ",
		"user.role root→ada helps", "renew " + ada.ID, "user.password_reset root→ada forgot",
	})
}

func testListUsers(t *testing.T, s *store.Store) {
	p, ctx := newPeople(t, s), t.Context()
	root := p.add("root", account.Root)
	for i := range 7 {
		p.later(time.Second * time.Duration(i%2)) // several in one millisecond
		u := account.User{ID: ident.New(), Name: fmt.Sprintf("User_%d", i), PasswordHash: "x", Role: account.Plain, Status: account.Active, Version: 1, CreatedMS: p.Now().UnixMilli()}
		if i == 3 {
			u.Status = account.Pending
		}
		must(t, s.CreateUser(ctx, u))
	}
	names := func(q account.UserQuery) (out []string) {
		q.Limit = 3
		for {
			page, next, err := p.ListUsers(ctx, root, q)
			must(t, err)
			for _, u := range page {
				out = append(out, u.Name)
			}
			if next.ID == "" {
				return out
			}
			q.Before = next
		}
	}
	all := names(account.UserQuery{})
	slices.Sort(all)
	same(t, all, []string{"User_0", "User_1", "User_2", "User_3", "User_4", "User_5", "User_6", "root"})
	same(t, names(account.UserQuery{Search: "SER_5"}), []string{"User_5"})
	same(t, len(names(account.UserQuery{Search: "%"})), 0)
	same(t, names(account.UserQuery{Status: account.Pending}), []string{"User_3"})
	same(t, len(names(account.UserQuery{Status: account.Active, Search: "user"})), 6)
	_, _, err := p.ListUsers(ctx, account.User{Role: account.Plain, Status: account.Active}, account.UserQuery{})
	wantErr(t, err, account.ErrAdminRequired)
}

// Guessing stops after five tries from one address, and the owner at home is
// not kept out by it, nor by many addresses together.
func testGuessing(t *testing.T, s *store.Store) {
	p, ctx := newPeople(t, s), t.Context()
	p.add("ada", account.Plain)
	p.signIn("ada", home)
	guess := func(d account.Device) error {
		_, _, err := p.SignIn(ctx, "ada", "wrong password", d)
		return err
	}
	for range 5 {
		wantErr(t, guess(away), account.ErrWrongCredentials)
	}
	err := guess(away)
	wantErr(t, err, account.ErrTooManyAttempts)
	if wait := problem.From(err).RetryAfter; wait <= 0 || wait > 30*time.Second {
		t.Errorf("wait %v", wait)
	}
	_, _, err = p.SignIn(ctx, "ada", goodPassword, away)
	wantErr(t, err, account.ErrTooManyAttempts)
	other := account.Device{Address: "203.0.113.77"}
	p.signIn("ada", other) // one address alone keeps nobody out elsewhere
	for i := range 16 {
		_ = guess(account.Device{Address: fmt.Sprintf("203.0.113.%d", i)})
	}
	wantErr(t, guess(account.Device{Address: "203.0.113.200"}), account.ErrTooManyAttempts)
	p.signIn("ada", home) // used before from here
	p.later(31 * time.Second)
	p.signIn("ada", away)
	_, _, err = p.SignIn(ctx, "nobody", "wrong password", home)
	wantErr(t, err, account.ErrWrongCredentials)
}

// Two replicas keep nothing of a session between requests.
func testTwoServices(t *testing.T, s *store.Store) {
	a, b := newPeople(t, s), newPeople(t, s)
	a.add("ada", account.Plain)
	boss := a.add("boss", account.Admin)
	token := a.signIn("ada", home)
	proof := b.whose(token)
	must(t, a.SignOut(t.Context(), proof.Session))
	_, err := b.Authenticate(t.Context(), token, home, true)
	wantErr(t, err, account.ErrSessionExpired)
	token = b.signIn("ada", home)
	a.whose(token)
	_, err = a.Ban(t.Context(), boss, proof.User.ID, "")
	must(t, err)
	_, err = b.Authenticate(t.Context(), token, home, true)
	wantErr(t, err, account.ErrSessionExpired)
}
