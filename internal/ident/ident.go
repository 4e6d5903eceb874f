// Package ident makes the names of things: ids that may be seen by anyone and
// tokens that may be seen by one person only. Tokens are stored as their hash;
// whoever reads the store cannot use them. It knows nothing of what it names.
package ident

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// idLength is 12 characters of 6 bits: 72 bits, no collision in the lifetime
// of one installation.
const idLength = 12

// alphabet has 64 URL-safe characters, so that one random byte masked to six
// bits picks one without bias.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// New returns a random id of 12 URL-safe characters. The first is never '-',
// which would look like a flag on a command line.
func New() string {
	b := make([]byte, idLength)
	for {
		_, _ = rand.Read(b) // crypto/rand.Read never fails (it crashes the program instead)
		for i := range b {
			b[i] = alphabet[b[i]&63]
		}
		if b[0] != '-' {
			return string(b)
		}
	}
}

// Valid tells whether s has the form of an id. It is a cheap guard in front of
// the store, not a proof that the thing exists.
func Valid(s string) bool {
	if len(s) != idLength {
		return false
	}
	for i := range len(s) {
		if !urlSafe(s[i]) {
			return false
		}
	}
	return true
}

func urlSafe(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// Token returns a secret of 192 random bits as 32 URL-safe characters.
func Token() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Hash is what is stored of a token: SHA-256, URL-safe base64. A token has
// enough random bits that no salt and no slow hash is needed.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ColorOf picks one of eight calm colours ("#rrggbb") for a person by their
// id, so that it is the same wherever they show up.
func ColorOf(id string) string {
	colors := [...]string{"#4f7cac", "#8b5fbf", "#b0566c", "#3f8f7b", "#a8743a", "#5a67c4", "#7d8a3c", "#a65aa0"}
	sum := 0
	for i := range len(id) {
		sum += int(id[i])
	}
	return colors[sum%len(colors)]
}
