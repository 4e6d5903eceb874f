package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"synctv/internal/api"
	"synctv/internal/store/storetest"
)

// Who asks. Each plays against a room that belongs to somebody else, unless
// they are its creator.
const (
	asCreator  = "creator"
	asAdmin    = "admin"    // admin of the room
	asMember   = "member"   // plain member
	asGuest    = "guest"    // guest of the room
	asBanned   = "banned"   // was a member
	asStranger = "stranger" // signed in, not in the room
	asNobody   = "nobody"
	asRoot     = "root" // of the platform, not in the room
)

func everybody() []string {
	return []string{asCreator, asAdmin, asMember, asGuest, asBanned, asStranger, asNobody, asRoot}
}

// The usual groups of those who may.
const (
	anyone   = "creator admin member guest banned stranger nobody root"
	signedIn = "creator admin member banned stranger root"
	inside   = "creator admin member guest root"
	members  = "creator admin member root"
	hosts    = "creator admin root"
	owner    = "creator root"
	platform = "root"
)

// scene is a room with one of each kind of person in it, and things to act on.
type scene struct {
	room, target, item, folder, message, key string // target: a plain member that things are done to
	pending                                  string // an account that is in no room
	clients                                  map[string]*client
	ids                                      map[string]string // person ids by role
}

// rule of one operation: who may, and what is sent. Who may not gets 401 or
// 403; who may gets anything else (also 404 or 409: the rule came first).
type rule struct {
	may   string
	body  func(s *scene) any
	query string
	fresh bool // ends the session it is asked with: sign in anew for it
}

func sends(v any) func(*scene) any { return func(*scene) any { return v } }

type object = map[string]any

// rules has a row for every operation of the OpenAPI document: the test fails
// for one that is missing and for one too many.
func rules() map[string]rule {
	none := sends(object{})
	table := map[string]rule{
		// people
		"get-info":   {may: anyone},
		"register":   {may: anyone, body: sends(object{"name": "x", "password": "y"})}, // 400: judged before
		"sign-in":    {may: anyone, body: sends(object{"name": "root", "password": rootPassword})},
		"sign-out":   {may: anyone, fresh: true},
		"list-audit": {may: platform},
		"get-me":     {may: signedIn},

		// oneself; a wrong password is no missing right
		"update-me":             {may: signedIn, body: sends(object{"color": "#112233"})},
		"change-password":       {may: signedIn, body: sends(object{"old_password": "wrong", "new_password": "long enough"})},
		"delete-me":             {may: "creator admin member banned stranger", body: sends(object{"password": "wrong"})}, // root stays
		"list-my-sessions":      {may: signedIn},
		"end-my-session":        {may: signedIn},
		"end-my-other-sessions": {may: signedIn, fresh: true},
		"create-my-token":       {may: signedIn, body: sends(object{"name": "bot"})},

		// what one links; the address is refused before anything is fetched
		"list-sources":  {may: signedIn},
		"link-source":   {may: signedIn, body: sends(object{"kind": "webdav", "url": "gopher://x"})},
		"unlink-source": {may: signedIn}, // there is none
		"browse-source": {may: signedIn}, // there is none

		// other people's accounts
		"list-users":          {may: platform},
		"get-user":            {may: platform},
		"approve-user":        {may: platform, body: none},
		"ban-user":            {may: platform, body: none},
		"unban-user":          {may: platform, body: none},
		"set-user-role":       {may: platform, body: sends(object{"role": "user"})},
		"reset-user-password": {may: platform, body: none},

		// the process
		"get-log-levels": {may: platform},
		"set-log-levels": {may: platform, body: sends(object{"levels": "debug"})},

		// rooms
		"list-rooms":         {may: anyone},
		"create-room":        {may: signedIn, body: sends(object{"name": "mine"})},
		"list-settings":      {may: platform},
		"set-setting":        {may: platform, body: sends(object{"value": "30"})},
		"reset-setting":      {may: platform},
		"get-room":           {may: "creator admin member guest stranger nobody root"},
		"join-room":          {may: "creator admin member stranger root", body: none},
		"join-room-as-guest": {may: "creator admin member guest stranger nobody root", body: sends(object{"name": "Kim"})},
		"leave-room":         {may: inside},
		"get-state":          {may: inside},
		"list-members":       {may: inside},

		"change-room":       {may: hosts, body: sends(object{"name": "renamed"})},
		"set-room-password": {may: hosts, body: sends(object{"password": ""})},
		"hand-over-room":    {may: owner, body: func(s *scene) any { return object{"to": s.target} }},
		"close-room":        {may: owner, body: none},
		"reopen-room":       {may: owner, body: none},
		"delete-room":       {may: owner},
		"list-room-audit":   {may: hosts},

		// members; the target is a plain member
		"set-member-role":        {may: owner, body: sends(object{"role": "admin"})},
		"set-member-permissions": {may: owner, body: sends(object{"added": []string{"play_control"}, "removed": []string{}})},
		"mute-member":            {may: hosts, body: sends(object{"seconds": 60})},
		"approve-member":         {may: hosts, body: none},
		"decline-member":         {may: hosts, body: none},
		"kick-member":            {may: hosts, body: none},
		"ban-member":             {may: hosts, body: none},
		"unban-member":           {may: hosts, body: none},
		"list-bans":              {may: hosts},
	}
	maps.Copy(table, watchingRules())
	return table
}

// watchingRules are those about what a room watches and says.
func watchingRules() map[string]rule {
	none := sends(object{})
	return map[string]rule{
		// playback
		"playback-play":     {may: hosts, body: none},
		"playback-pause":    {may: hosts, body: none},
		"playback-seek":     {may: hosts, body: sends(object{"position_s": 1})},
		"playback-rate":     {may: hosts, body: sends(object{"rate": 2})},
		"playback-item":     {may: hosts, body: sends(object{"item_id": ""})},
		"playback-next":     {may: hosts, body: none},
		"playback-previous": {may: hosts, body: none},

		"playback-cancel-next": {may: hosts, body: none},
		"playback-go-on":       {may: hosts, body: none},
		"playback-ended":       {may: inside, body: func(s *scene) any { return object{"item_id": s.item, "epoch": 1} }},
		"playback-length":      {may: inside, body: func(s *scene) any { return object{"item_id": s.item, "epoch": 1, "duration_s": 9} }},

		// playlist
		"get-playlist":    {may: inside},
		"add-items":       {may: members, body: sends(object{"items": []object{{"url": "https://example.org/x.mp4"}}})},
		"remove-item":     {may: hosts}, // of somebody else
		"browse-library":  {may: platform},
		"search-library":  {may: platform, query: "?q=x"},
		"look-at-address": {may: members, body: sends(object{"url": "gopher://x"})}, // refused as an address: the right is looked at first
		"import-playlist": {may: members, body: sends(object{"text": "https://example.org/x.mp4"})},
		"edit-item":       {may: hosts, body: sends(object{"title": "renamed"})}, // of somebody else
		"move-items":      {may: hosts, body: func(s *scene) any { return object{"items": []string{s.item}} }},
		"remove-items":    {may: hosts, body: func(s *scene) any { return object{"items": []string{s.item}} }},
		"clear-playlist":  {may: hosts, body: none},
		"undo-removal":    {may: inside, body: sends(object{"batch": "none"})}, // there is none
		"add-folder":      {may: members, body: sends(object{"name": "films"})},
		"rename-folder":   {may: hosts, body: sends(object{"name": "renamed"})}, // of somebody else

		// subtitles
		"list-subtitles":  {may: inside},
		"upload-subtitle": {may: members, body: sends(object{})},                    // no subtitle: the right is looked at first
		"fetch-subtitle":  {may: members, body: sends(object{"url": "gopher://x"})}, // refused as an address: the right is looked at first
		"remove-subtitle": {may: members},                                           // there is none: whose it is comes after

		// talk
		"say":          {may: inside, body: sends(object{"text": "hello"})},
		"chat-history": {may: inside},

		"edit-message":   {may: "", body: sends(object{"text": "changed"})}, // somebody else's
		"delete-message": {may: hosts},
		"react":          {may: inside, body: sends(object{"emoji": "👍", "on": true})},
		"export-chat":    {may: owner},
		"comment":        {may: inside, body: func(s *scene) any { return object{"text": "wow", "item_id": s.item, "position_s": 1, "mode": "scroll"} }},
		"list-comments":  {may: inside, query: "?item={item}&from_s=0&to_s=10"},
		"delete-comment": {may: inside}, // there is none: who may not see the room is refused first

		// live
		"create-live-key": {may: hosts, body: none},
		"list-live-keys":  {may: hosts},
		"revoke-live-key": {may: hosts},

		"get-stream-stats": {may: hosts},
		"end-stream":       {may: hosts},
	}
}

// rawRules has a row for every route that is not made from types.
func rawRules() map[string]string {
	return map[string]string{
		"/":                                    anyone, // the page itself
		"/api/":                                anyone, // 404
		"GET /api/docs":                        anyone,
		"GET /api/docs.js":                     anyone,
		"GET /healthz":                         anyone,
		"GET /readyz":                          anyone,
		"GET /api/admin/debug/pprof/{profile}": platform,
		"GET /api/rooms/{room}/items/{item}/media":                   inside,
		"GET /api/rooms/{room}/items/{item}/proxy/{file}":            inside,
		"GET /api/rooms/{room}/items/{item}/proxy/{token}/{rest...}": inside,
		"GET /api/rooms/{room}/live/{file}":                          inside,
		"GET /api/rooms/{room}/live/{stream}/{file}":                 inside,
		"GET /api/rooms/{room}/socket":                               anyone, // refused on the socket; see TestWhoMayNotEnterGetsAReason
		"GET /api/rooms/{room}/items/{item}/subtitles/{subtitle}":    inside,
		"GET /api/library/picture":                                   platform,
	}
}

func TestRoleByAction(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testRoleByAction(t, nil) })
	t.Run("postgres", func(t *testing.T) {
		testRoleByAction(t, map[string]string{"SYNCTV_DATABASE_URL": storetest.StartPostgres(t).NewDatabase(t)})
	})
}

func testRoleByAction(t *testing.T, env map[string]string) {
	t.Helper()
	all := map[string]string{"SYNCTV_ROOM_QUOTA": "10000", "SYNCTV_LIBRARY": "Films=" + t.TempDir()}
	maps.Copy(all, env)
	h := startHouse(t, all)
	cast := newCast(h)
	ops := operations(t, h)
	table := rules()
	for _, id := range slices.Sorted(maps.Keys(table)) {
		if _, ok := ops[id]; !ok {
			t.Errorf("there is a rule for %q, but no such operation", id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ops)) {
		r, ok := table[id]
		if !ok {
			t.Errorf("operation %q (%s %s) has no rule: say who may", id, ops[id].method, ops[id].path)
			continue
		}
		for _, role := range everybody() {
			s := cast.stage(h)
			who := s.clients[role]
			if r.fresh && who.token != "" && role != asGuest {
				who = cast.again(h, role)
			}
			a := who.do(ops[id].method, fill(ops[id].path+r.query, s), bodyOf(r, s))
			judge(t, id, role, r.may, a)
			cast.used(ops[id].method, a)
			if r.fresh {
				cast.renew(h, role)
			}
		}
	}
	patterns := api.RawPatterns()
	for pattern, may := range rawRules() {
		if !slices.Contains(patterns, pattern) {
			t.Errorf("there is a rule for the route %q, but no such route", pattern)
			continue
		}
		for _, role := range everybody() {
			s := cast.stage(h)
			_, path, ok := strings.Cut(pattern, " ")
			if !ok {
				path = pattern
			}
			judge(t, pattern, role, may, s.clients[role].do(http.MethodGet, fill(path, s), nil))
		}
	}
	for _, p := range patterns {
		if _, ok := rawRules()[p]; !ok {
			t.Errorf("route %q has no rule: say who may", p)
		}
	}
}

func judge(t *testing.T, what, role, may string, a answer) {
	t.Helper()
	about := strings.Contains(string(a.body), "wrong_password") || strings.Contains(string(a.body), "address_refused") // not the role
	refused := a.status == http.StatusUnauthorized || a.status == http.StatusForbidden && !about
	allowed := slices.Contains(strings.Fields(may), role)
	if refused == allowed || a.status >= http.StatusInternalServerError {
		t.Errorf("%s as %s: %d %.200s", what, role, a.status, a.body)
	}
}

func bodyOf(r rule, s *scene) any {
	if r.body == nil {
		return nil
	}
	return r.body(s)
}

type endpoint struct{ method, path string }

// operations reads the served document, without the raw routes in it.
func operations(t *testing.T, h *house) map[string]endpoint {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	h.anonymous().get("/api/openapi.json").ok(200, &doc)
	ops := map[string]endpoint{}
	raws := strings.ReplaceAll(strings.Join(api.RawPatterns(), "\n"), "...}", "}") + "\n"
	for path, methods := range doc.Paths {
		for method, raw := range methods {
			if strings.Contains(raws, strings.ToUpper(method)+" "+path+"\n") {
				continue // has a rule among rawRules
			}
			var op struct {
				OperationID string `json:"operationId"`
			}
			if json.Unmarshal(raw, &op) == nil && op.OperationID != "" {
				ops[op.OperationID] = endpoint{strings.ToUpper(method), path}
			}
		}
	}
	return ops
}

// fill puts the scene's ids into a path.
func fill(path string, s *scene) string {
	values := map[string]string{
		"room": s.room, "item": s.item, "person": s.target, "message": s.message, "key": s.key, "file": "none.flv",
		"user": s.pending, "session": "none", "danmaku": "none", "profile": "goroutine", "folder": s.folder,
		"token": "none", "rest...": "none", "subtitle": "none", "source": "none",
	}
	for name, v := range values {
		path = strings.ReplaceAll(path, "{"+name+"}", v)
	}
	return path
}

// cast is the accounts that play in every scene; passwords are slow, so they
// are made once.
type cast struct {
	clients map[string]*client
	ids     map[string]string
	scenes  int
	scene   *scene // the last one, while nothing in it has changed
}

// used notes what a request may have changed: a refused one, or one that only
// reads, leaves the scene as it was.
func (c *cast) used(method string, a answer) {
	if method != http.MethodGet && a.status < http.StatusBadRequest {
		c.scene = nil
	}
}

// renew is for after a session may have ended.
func (c *cast) renew(h *house, role string) {
	if c.clients[role] != nil && role != asNobody {
		c.clients[role], c.scene = c.again(h, role), nil
	}
}

// again signs a person in on another device.
func (c *cast) again(h *house, role string) *client {
	if role == asRoot {
		return h.root()
	}
	return h.signIn("the-"+role, "password-the-"+role)
}

func newCast(h *house) *cast {
	h.t.Helper()
	c := &cast{clients: map[string]*client{asRoot: h.root(), asNobody: h.anonymous()}, ids: map[string]string{}}
	for _, role := range []string{asCreator, asAdmin, asMember, asBanned, asStranger, "target", "pending"} {
		c.clients[role] = h.register("the-" + role)
		var me struct{ User struct{ ID string } }
		c.clients[role].get("/api/me").ok(200, &me)
		c.ids[role] = me.User.ID
	}
	return c
}

// stage is a room with everybody in their place.
func (c *cast) stage(h *house) *scene {
	h.t.Helper()
	if c.scene != nil {
		return c.scene
	}
	c.scenes++
	creator := c.clients[asCreator]
	s := &scene{clients: maps.Clone(c.clients), ids: maps.Clone(c.ids), target: c.ids["target"], pending: c.ids["pending"]}
	s.room = creator.createRoom(map[string]string{"name": fmt.Sprintf("scene %d", c.scenes)})
	base := "/api/rooms/" + s.room
	for _, role := range []string{asAdmin, asMember, asBanned, "target"} {
		c.clients[role].post(base+"/join", object{}).ok(200, nil)
	}
	creator.do("PUT", base+"/members/"+c.ids[asAdmin]+"/role", object{"role": "admin"}).ok(200, nil)
	creator.post(base+"/members/"+c.ids[asBanned]+"/ban", object{}).ok(200, nil)
	s.clients[asGuest] = h.guest(s.room, "Guest")
	s.item = c.clients["target"].addURL(s.room, "https://example.org/target.mp4")
	var f struct{ Folder struct{ ID string } }
	c.clients["target"].post(base+"/playlist/folders", object{"name": "theirs"}).ok(201, &f)
	s.folder = f.Folder.ID
	var m struct{ ID string }
	c.clients["target"].post(base+"/chat", object{"text": "said by the target"}).ok(201, &m)
	s.message = m.ID
	creator.post(base+"/live-keys", object{}).ok(201, &m)
	s.key = m.ID
	c.scene = s
	return s
}
