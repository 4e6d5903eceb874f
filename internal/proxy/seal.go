package proxy

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"path"
	"strings"
	"time"
)

// what a link leads to.
type what byte

const (
	isBytes what = iota
	isHLS
	isDASH
	isKey    // of encrypted segments: never kept on disk
	isFolder // everything below an address: templates name their files in the player
)

// target is what a link leads to.
type target struct {
	what what
	url  string
}

// linkLife: a link holds between one and two lives. It is longer than a film,
// whose playlist is read once. Links made within one life are equal, so that a
// live playlist does not change under its players.
const linkLife = 6 * time.Hour

// maxTarget is the longest address that fits into a link.
const maxTarget = 4096

// sealer makes and opens links with AES-256-GCM. The nonce is a keyed hash of
// what is sealed: equal links for equal targets, and no nonce twice for
// different ones.
type sealer struct {
	aead cipher.AEAD
	mac  []byte
}

func newSealer(key []byte) (*sealer, error) {
	sub := func(use string) []byte {
		h := hmac.New(sha256.New, key)
		_, _ = h.Write([]byte(use)) // a hash takes everything
		return h.Sum(nil)
	}
	block, err := aes.NewCipher(sub("proxy link key"))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &sealer{aead, sub("proxy link nonce")}, err
}

// bound is what a link is good for.
func (v Visit) bound() []byte {
	return []byte(v.Room + "\x00" + v.Item + "\x00" + v.Session)
}

func (s *sealer) close(v Visit, t target, now time.Time) string {
	life := int64(linkLife / time.Second)
	plain := binary.BigEndian.AppendUint64(nil, uint64((now.Unix()/life+2)*life)) //nolint:gosec // now is after 1970
	plain = append(append(plain, byte(t.what)), t.url...)
	h := hmac.New(sha256.New, s.mac)
	_, _ = h.Write(v.bound())
	_, _ = h.Write([]byte{0})
	_, _ = h.Write(plain)
	nonce := h.Sum(nil)[:s.aead.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plain, v.bound()))
}

func (s *sealer) open(v Visit, token string, now time.Time) (target, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < s.aead.NonceSize() {
		return target{}, ErrLink
	}
	nonce, sealed := raw[:s.aead.NonceSize()], raw[s.aead.NonceSize():]
	plain, err := s.aead.Open(nil, nonce, sealed, v.bound())
	if err != nil || len(plain) < 9 || binary.BigEndian.Uint64(plain) < uint64(now.Unix()) { //nolint:gosec // now is after 1970
		return target{}, ErrLink
	}
	return target{what(plain[8]), string(plain[9:])}, nil
}

// below is a file under a folder's address. It cannot climb out of it.
func (t target) below(rest, query string) (target, error) {
	if rest == "" || path.Clean("/"+rest) != "/"+rest || strings.ContainsAny(rest, "\\?#") {
		return target{}, ErrLink
	}
	u, err := url.Parse(t.url)
	if err != nil || !strings.HasSuffix(u.Path, "/") {
		return target{}, ErrLink
	}
	u.Path, u.RawPath, u.RawQuery = u.Path+rest, "", query
	return target{isBytes, u.String()}, nil
}

// link is the path that leads a player to a target through this server. Its
// last part is for people and for players that look at it.
func (p *Proxy) link(v Visit, w what, u *url.URL) string {
	name := path.Base(u.Path)
	if name == "/" || name == "." {
		name = "media"
	}
	return v.Base + "/" + p.seal.close(v, target{w, u.String()}, time.Now()) + "/" + url.PathEscape(name)
}

// folder is the same for everything in the folder of u, with a slash at the end.
func (p *Proxy) folder(v Visit, u *url.URL) string {
	dir := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path[:strings.LastIndex(u.Path, "/")+1]}
	if dir.Path == "" {
		dir.Path = "/"
	}
	return v.Base + "/" + p.seal.close(v, target{isFolder, dir.String()}, time.Now()) + "/"
}
