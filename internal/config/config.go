// Package config is what an operator sets: defaults, overruled by a YAML file,
// overruled by SYNCTV_… in the environment, overruled by flags. It reads and
// checks; of files it opens only its own and those that hold secrets. Only cmd reads it and hands values on.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"synctv/internal/ident"
	"synctv/internal/telemetry"
)

// Config is everything that can be set.
type Config struct {
	DataDir      string         // where the SQLite file and other state live
	DatabaseURL  ident.Secret   // empty: a SQLite file in DataDir
	DatabaseMax  int            // connections of this process
	RedisURL     ident.Secret   // what replicas share; empty: this process is alone
	ClusterAddr  string         // host:port other replicas fetch streams from
	ClusterURL   string         // http://host:port they are told; empty: found out
	HTTPAddr     string         // host:port of page, API and sockets
	BasePath     string         // "/watch": everything is below it; empty: at the root
	TLSCert      string         // HTTPS on HTTPAddr with this PEM file; empty: plain HTTP
	TLSKey       string         // the certificate's key
	Congestion   string         // TCP congestion control on HTTPAddr; empty: the system's
	CORSOrigins  []string       // whose pages may use the API with tokens
	RTMPAddr     string         // host:port for encoders; empty: off
	RTMPURL      string         // what encoders are told; empty: from the request's host
	RTMPSAddr    string         // host:port for encoders over TLS; empty: off
	RTMPSCert    string         // its certificate, a PEM file
	RTMPSKey     string         // the certificate's key, a PEM file
	RTMPPlay     bool           // tools may play over RTMP who know a stream's public name
	LiveMemory   int            // of all live streams together, MiB
	LiveMerge    time.Duration  // how long pictures wait to be sent together
	Library      []Folder       // folders people may add media from
	LibraryFor   string         // who may browse it: admins or users
	Signup       string         // open, approval or closed
	SignupRate   int            // accounts from one address in an hour, on this replica; 0 = no limit
	RootPassword ident.Secret   // for the first start; empty: make one and print it
	CookieSecure bool           // cookies over TLS only
	Proxies      []netip.Prefix // whose X-Forwarded-For is believed
	RoomQuota    int            // most rooms of one person; 0 = no limit
	AuditDays    int            // the record's entries older than so many days are deleted; 0 = never
	ChatDays     int            // messages and comments older than so many days are deleted; 0 = never
	RoomIdle     time.Duration  // rooms unused for so long are closed; 0 = never
	LogFormat    string         // text or json
	LogLevel     string         // of everything, then part=level
	MetricsAddr  string         // host:port of the scrape; empty: off
	OTLPEndpoint string         // of the collector of traces; empty: off
	OTLPPercent  int            // of the traces that begin here
	SlowQuery    time.Duration  // statements that take so long are logged; 0 = none
	DrainTimeout time.Duration  // how long a stop may take
	FetchAllow   Places         // may be fetched from although they are not public
	FetchDeny    Places         // never fetched from
	FetchPorts   []PortRange    // of other places
	FetchDNS     string         // host:port of the resolver for addresses people give; empty: the system's

	Proxy          bool         // what is at an address may come through this server
	ProxyCache     int          // of it on disk, MiB
	ProxyRoomGiB   int          // for one room in a day, on this replica; 0 = no limit
	SourceKeys     ident.Secret // of linked sources: id=base64, the first closes; empty: a file in DataDir
	ProxyPersonGiB int          // for one person in a day, on this replica; 0 = no limit
}

// Places are networks and host names.
type Places struct {
	Networks []netip.Prefix
	Hosts    []string // lower case; ".lan" is lan and everything below it
}

// PortRange is the ports From to To, both included.
type PortRange struct{ From, To uint16 }

// Folder is a library folder and the name people see.
type Folder struct{ Name, Path string }

// Key is one thing that can be set: its flag, its environment variable, its
// default and what it is for.
type Key struct {
	Flag    string // "http-addr"
	Default string
	Help    string
	Secret  bool // never printed; may be read from a file
	Live    bool // taken over while the server runs
	set     func(c *Config, value string) error
}

// Env is the environment variable of a key: SYNCTV_HTTP_ADDR.
func (k Key) Env() string {
	return prefix + strings.ToUpper(strings.ReplaceAll(k.Flag, "-", "_"))
}

// Keys lists everything that can be set.
func Keys() []Key {
	return []Key{
		{Flag: "data-dir", Default: "data", Help: "folder for the database and other state", set: text(func(c *Config) *string { return &c.DataDir })},
		{Flag: "database-url", Help: "postgres://… or sqlite:FILE; default: a SQLite file in the data folder", Secret: true, set: secretURL(func(c *Config) *ident.Secret { return &c.DatabaseURL }, "sqlite:FILE or postgres://user:password@host/database", "sqlite", "postgres", "postgresql")},
		{Flag: "database-max-conns", Default: "10", Help: "most database connections of this process", set: number(1, 1000, func(c *Config) *int { return &c.DatabaseMax })},
		{Flag: "redis-url", Help: "redis://[user:password@]host:port, what replicas share; several &addr=host:port for Redis Cluster; default: this process is alone", Secret: true, set: secretURL(func(c *Config) *ident.Secret { return &c.RedisURL }, "redis://[user:password@]host:port", "redis", "rediss", "unix")},
		{Flag: "cluster-addr", Default: ":7900", Help: "with redis-url: host:port from which other replicas fetch live streams; keep it away from the internet", set: address(func(c *Config) *string { return &c.ClusterAddr })},
		{Flag: "cluster-url", Help: "http://host:port under which other replicas reach cluster-addr; default: the address that Redis is reached from", set: site(func(c *Config) *string { return &c.ClusterURL }, "http://host:port", "http")},
		{Flag: "http-addr", Default: ":8080", Help: "host:port of the page, the API and the sockets", set: address(func(c *Config) *string { return &c.HTTPAddr })},
		{Flag: "http-base-path", Help: "path below which a reverse proxy shows this server, as /watch; the proxy leaves it in what it passes on; default: none", set: basePath},
		{Flag: "tls-cert", Help: "PEM file with a certificate: http-addr then speaks HTTPS with HTTP/2; read again when it changes", set: text(func(c *Config) *string { return &c.TLSCert })},
		{Flag: "tls-key", Help: "PEM file with the certificate's key", set: text(func(c *Config) *string { return &c.TLSKey })},
		{Flag: "tcp-congestion", Help: "how fast films and streams go to people: congestion control of http-addr's connections on Linux, as bbr, which keeps its speed on lines that lose packets; default: the system's", set: text(func(c *Config) *string { return &c.Congestion })},
		{Flag: "cors-origins", Help: "other sites whose pages may use the API with tokens, as https://bots.example.org, separated by commas", set: origins},
		{Flag: "rtmp-addr", Default: ":1935", Help: "host:port for RTMP encoders; 'off' turns it off", set: rtmpAddress},
		{Flag: "rtmp-url", Help: "rtmp://host[:port] that encoders are told; default: the host of the page", set: site(func(c *Config) *string { return &c.RTMPURL }, "rtmp://host[:port]", "rtmp", "rtmps")},
		{Flag: "rtmps-addr", Help: "host:port for RTMP encoders over TLS; default: off", set: optionalAddress(func(c *Config) *string { return &c.RTMPSAddr })},
		{Flag: "rtmps-cert", Help: "PEM file with the certificate for rtmps-addr; read again when it changes", set: text(func(c *Config) *string { return &c.RTMPSCert })},
		{Flag: "rtmps-key", Help: "PEM file with the certificate's key", set: text(func(c *Config) *string { return &c.RTMPSKey })},
		{Flag: "rtmp-play", Default: "false", Help: "let tools play streams over RTMP by their public names, without signing in", set: boolean(func(c *Config) *bool { return &c.RTMPPlay })},
		{Flag: "live-memory", Default: "256", Help: "memory of all live streams together, MiB; beyond it publishing is refused", set: number(16, 1<<20, func(c *Config) *int { return &c.LiveMemory })},
		{Flag: "live-merge", Default: "0s", Help: "how long live pictures wait to be sent together: 100ms halves the CPU and adds 50 ms of delay", set: duration(time.Second, func(c *Config) *time.Duration { return &c.LiveMerge })},
		{Flag: "library", Help: "media folders, NAME=PATH, several separated by commas", set: folders},
		{Flag: "library-for", Default: "admins", Help: "who may browse the library: admins or users", set: choice(func(c *Config) *string { return &c.LibraryFor }, "admins", "users")},
		{Flag: "signup", Default: "open", Help: "new accounts: open, approval or closed", Live: true, set: choice(func(c *Config) *string { return &c.Signup }, "open", "approval", "closed")},
		{Flag: "signup-rate", Default: "30", Help: "most accounts made from one address in an hour, on each replica; 0 = no limit", Live: true, set: number(0, 1_000_000, func(c *Config) *int { return &c.SignupRate })},
		{Flag: "root-password", Help: "password of root at the first start; default: made and printed once", Secret: true, set: secret(func(c *Config) *ident.Secret { return &c.RootPassword })},
		{Flag: "cookie-secure", Default: "false", Help: "send cookies over TLS only", set: boolean(func(c *Config) *bool { return &c.CookieSecure })},
		{Flag: "trusted-proxies", Help: "addresses or networks whose X-Forwarded-For is believed, separated by commas", set: proxies},
		{Flag: "room-quota", Default: "20", Help: "most rooms one person may create; 0 = no limit", Live: true, set: number(0, 1_000_000, func(c *Config) *int { return &c.RoomQuota })},
		{Flag: "chat-retention", Default: "0", Help: "delete messages and comments over films after so many days; 0 = never", Live: true, set: number(0, 36500, func(c *Config) *int { return &c.ChatDays })},
		{Flag: "audit-retention", Default: "0", Help: "forget who did what to whom after so many days; 0 = never", Live: true, set: number(0, 36500, func(c *Config) *int { return &c.AuditDays })},
		{Flag: "room-idle", Default: "0s", Help: "close rooms nobody used for so long; 0s = never", Live: true, set: duration(10*365*24*time.Hour, func(c *Config) *time.Duration { return &c.RoomIdle })},
		{Flag: "log-format", Default: "text", Help: "text or json", set: choice(func(c *Config) *string { return &c.LogFormat }, "text", "json")},
		{Flag: "log-level", Default: "info", Help: "trace, debug, info, warn or error, and part=level for some parts, as info,live=debug", Live: true, set: level},
		{Flag: "metrics-addr", Help: "host:port where Prometheus scrapes /metrics; keep it inside; default: off", set: optionalAddress(func(c *Config) *string { return &c.MetricsAddr })},
		{Flag: "otlp-endpoint", Help: "http://host:4318 of an OpenTelemetry collector that takes traces by OTLP/HTTP; default: off", set: site(func(c *Config) *string { return &c.OTLPEndpoint }, "http://host:4318", "http", "https")},
		{Flag: "otlp-percent", Default: "100", Help: "how many of a hundred traces are recorded", set: number(0, 100, func(c *Config) *int { return &c.OTLPPercent })},
		{Flag: "slow-query", Default: "500ms", Help: "log what takes the database so long; 0s = nothing", set: duration(time.Hour, func(c *Config) *time.Duration { return &c.SlowQuery })},
		{Flag: "fetch-allow", Help: "networks and hosts that may be fetched from although they are not on the public internet, separated by commas: 192.168.1.7, nas.lan, .lan", set: places(func(c *Config) *Places { return &c.FetchAllow })},
		{Flag: "fetch-deny", Help: "networks and hosts that are never fetched from; goes before fetch-allow", set: places(func(c *Config) *Places { return &c.FetchDeny })},
		{Flag: "fetch-ports", Default: "80,443,1024-65535", Help: "ports that may be fetched from", set: ports},
		{Flag: "fetch-dns", Help: "host:port of the DNS server for addresses people give; default: the system's", set: optionalAddress(func(c *Config) *string { return &c.FetchDNS })},
		{Flag: "proxy", Default: "true", Help: "let what is at an address come through this server where browsers cannot fetch it", set: boolean(func(c *Config) *bool { return &c.Proxy })},
		{Flag: "proxy-cache", Default: "4096", Help: "disk for what came through this server, in the data folder, MiB", set: number(64, 1<<30, func(c *Config) *int { return &c.ProxyCache })},
		{Flag: "proxy-room-budget", Default: "0", Help: "GiB a day that one room may have through one replica; 0 = no limit", Live: true, set: number(0, 1<<20, func(c *Config) *int { return &c.ProxyRoomGiB })},
		{Flag: "proxy-person-budget", Default: "0", Help: "GiB a day that one person may have through one replica; 0 = no limit", Live: true, set: number(0, 1<<20, func(c *Config) *int { return &c.ProxyPersonGiB })},
		{Flag: "source-keys", Help: "keys that passwords of linked sources are kept encrypted with, id=base64 of 32 bytes, separated by commas, the first for new ones; default: made in the data folder; several replicas need them set", Secret: true, set: sourceKeys},
		{Flag: "drain-timeout", Default: "30s", Help: "how long a stop may take", Live: true, set: duration(5*time.Minute, func(c *Config) *time.Duration { return &c.DrainTimeout })},
	}
}

// Lookup finds a value by name; ok is false when it is not set.
type Lookup func(name string) (value string, ok bool)

// Load reads every key from the flags that were given, else the environment,
// else the file, else the default. All mistakes come back at once, each with its
// key and where it was set; secret values are not repeated.
func Load(flags, env Lookup) (Config, error) {
	values, err := Resolve(flags, env)
	if err != nil {
		return Config{}, err
	}
	return Parse(values)
}

// Parse makes a configuration of all values. All mistakes come back at once, as
// from Load.
func Parse(values []Value) (Config, error) {
	var c Config
	var errs []error
	for _, v := range values {
		if err := v.set(&c, v.Text); err != nil {
			errs = append(errs, fmt.Errorf("%s (from %s): %w", v.Flag, v.Source, err))
		}
	}
	if c.DatabaseURL == "" {
		c.DatabaseURL = ident.Secret("sqlite:" + filepath.Join(c.DataDir, "synctv.db"))
	}
	errs = append(errs, c.together()...)
	return c, errors.Join(errs...)
}

// Take takes over the keys that may change while the server runs; values must
// have come through Parse without a mistake.
func (c *Config) Take(values []Value) {
	for _, v := range values {
		if v.Live {
			_ = v.set(c, v.Text) // it went well before
		}
	}
}

// together finds what fits each key but not the others.
func (c *Config) together() (errs []error) {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		errs = append(errs, errors.New("tls-cert and tls-key: give both or none"))
	}
	if (c.RTMPSCert == "") != (c.RTMPSKey == "") {
		errs = append(errs, errors.New("rtmps-cert and rtmps-key: give both or none"))
	} else if c.RTMPSAddr != "" && c.RTMPSCert == "" {
		errs = append(errs, errors.New("rtmps-addr: needs rtmps-cert and rtmps-key"))
	}
	if c.RedisURL != "" && strings.HasPrefix(string(c.DatabaseURL), "sqlite:") {
		errs = append(errs, errors.New("redis-url: several replicas need a PostgreSQL database-url, too"))
	}
	return errs
}

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		*field(c) = v
		return nil
	}
}

func choice(field func(*Config) *string, allowed ...string) func(*Config, string) error {
	return func(c *Config, v string) error {
		for _, a := range allowed {
			if v == a {
				*field(c) = v
				return nil
			}
		}
		return fmt.Errorf("%q is none of %s", v, strings.Join(allowed, ", "))
	}
}

func number(least, most int, field func(*Config) *int) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q is not a number from %d to %d", v, least, most)
		}
		*field(c) = n
		return nil
	}
}

func boolean(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, v string) error {
		b, err := strconv.ParseBool(v)
		if err != nil {
			return fmt.Errorf("%q is not true or false", v)
		}
		*field(c) = b
		return nil
	}
}

func duration(most time.Duration, field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d < 0 || d > most {
			return fmt.Errorf("%q is not a time like 30s, up to %v", v, most)
		}
		*field(c) = d
		return nil
	}
}

func address(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if _, port, err := net.SplitHostPort(v); err != nil || !isPort(port) {
			return fmt.Errorf("%q is not host:port", v)
		}
		*field(c) = v
		return nil
	}
}

// site takes an address without a person in it, or nothing.
func site(field func(*Config) *string, want string, schemes ...string) func(*Config, string) error {
	return func(c *Config, v string) error {
		u, err := url.Parse(v)
		if v != "" && (err != nil || !slices.Contains(schemes, u.Scheme) || u.Host == "" || u.User != nil) {
			return fmt.Errorf("%q is not like %s", v, want)
		}
		*field(c) = v
		return nil
	}
}

func isPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= 65535
}

func optionalAddress(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if v == "" {
			return nil
		}
		return address(field)(c, v)
	}
}

func rtmpAddress(c *Config, v string) error {
	if v == "off" {
		c.RTMPAddr = ""
		return nil
	}
	return address(func(c *Config) *string { return &c.RTMPAddr })(c, v)
}

func folders(c *Config, v string) error {
	if v == "" {
		return nil
	}
	for one := range strings.SplitSeq(v, ",") {
		name, path, ok := strings.Cut(one, "=")
		name, path = strings.TrimSpace(name), strings.TrimSpace(path)
		if !ok || name == "" || path == "" {
			return fmt.Errorf("%q is not NAME=PATH", one)
		}
		c.Library = append(c.Library, Folder{Name: name, Path: path})
	}
	return nil
}

func proxies(c *Config, v string) error {
	if v == "" {
		return nil
	}
	for one := range strings.SplitSeq(v, ",") {
		p, err := network(strings.TrimSpace(one))
		if err != nil {
			return fmt.Errorf("%q is not an address or network like 10.0.0.0/8", one)
		}
		c.Proxies = append(c.Proxies, p)
	}
	return nil
}

// network reads "10.0.0.0/8", or one address as a network of one.
func network(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return a.Prefix(a.BitLen())
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}

func places(field func(*Config) *Places) func(*Config, string) error {
	return func(c *Config, v string) error {
		if v == "" {
			return nil
		}
		for one := range strings.SplitSeq(v, ",") {
			one = strings.ToLower(strings.TrimSpace(one))
			if p, err := network(one); err == nil {
				field(c).Networks = append(field(c).Networks, p)
			} else if one == "" || strings.ContainsAny(one, "/:* \t") {
				return fmt.Errorf("%q is not a network like 10.0.0.0/8 or a host like nas.lan", one)
			} else {
				field(c).Hosts = append(field(c).Hosts, one)
			}
		}
		return nil
	}
}

func origins(c *Config, v string) error {
	if v == "" {
		return nil
	}
	for one := range strings.SplitSeq(v, ",") {
		one = strings.TrimSpace(one)
		u, err := url.Parse(one)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || one != u.Scheme+"://"+u.Host {
			return fmt.Errorf("%q is not a site like https://bots.example.org", one)
		}
		c.CORSOrigins = append(c.CORSOrigins, one)
	}
	return nil
}

// basePath takes plain names only: the path stands in pages, cookies and addresses
// as it is. The page tells its own paths from the server's by /api.
func basePath(c *Config, v string) error {
	v = strings.TrimSuffix(v, "/")
	if v == "" {
		return nil
	}
	for name := range strings.SplitSeq(strings.TrimPrefix(v, "/"), "/") {
		plain := strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~") == ""
		if v[0] != '/' || !plain || strings.Trim(name, ".") == "" {
			return fmt.Errorf("%q is not a path like /watch or /media/watch", v)
		}
	}
	if v == "/api" || strings.HasPrefix(v, "/api/") {
		return errors.New("/api is the server's own")
	}
	c.BasePath = v
	return nil
}

func ports(c *Config, v string) error {
	for one := range strings.SplitSeq(v, ",") {
		from, to, ranged := strings.Cut(strings.TrimSpace(one), "-")
		if !ranged {
			to = from
		}
		first, err1 := strconv.ParseUint(from, 10, 16)
		last, err2 := strconv.ParseUint(to, 10, 16)
		if err1 != nil || err2 != nil || first == 0 || first > last {
			return fmt.Errorf("%q is not a port or a range like 1024-65535", one)
		}
		c.FetchPorts = append(c.FetchPorts, PortRange{uint16(first), uint16(last)})
	}
	return nil
}

func level(c *Config, v string) error {
	if _, err := telemetry.NewLevels(v); err != nil {
		return err
	}
	c.LogLevel = v
	return nil
}
