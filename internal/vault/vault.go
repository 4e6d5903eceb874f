// Package vault keeps secrets of people unreadable at rest: AES-256-GCM, by keys
// that have ids, so that a key can be replaced while what the old one closed is
// still opened. It knows bytes and keys, not where either is kept.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// ErrKey is for what was closed with a key that is not here, or is bound to
// something else, or was changed.
var ErrKey = errors.New("vault: no key here opens this")

// keySize is that of AES-256, bytes.
const keySize = 32

// Keys open what any of them closed; the first one closes.
type Keys struct {
	ids   []string
	aeads map[string]cipher.AEAD
}

// Parse reads keys, one a line or separated by commas: id=base64 of 32 bytes.
// The first one closes. Its errors hold no key.
func Parse(text string) (*Keys, error) {
	k := &Keys{aeads: map[string]cipher.AEAD{}}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' }) {
		id, encoded, ok := strings.Cut(word, "=")
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(raw) != keySize || !validID(id) || k.aeads[id] != nil {
			return nil, fmt.Errorf("key %d is not id=base64 of %d bytes, or its id is there twice", len(k.ids)+1, keySize)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, err
		}
		if k.aeads[id], err = cipher.NewGCM(block); err != nil {
			return nil, err
		}
		k.ids = append(k.ids, id)
	}
	if len(k.ids) == 0 {
		return nil, errors.New("there is no key")
	}
	return k, nil
}

func validID(id string) bool {
	return id != "" && len(id) <= 32 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// NewKey makes a key with an id of its own, as Parse reads it.
func NewKey() string {
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails
	return "k" + rand.Text()[:8] + "=" + base64.StdEncoding.EncodeToString(raw)
}

// Current is the id of the key that closes.
func (k *Keys) Current() string { return k.ids[0] }

// KeyOf is the id of the key that closed a secret.
func KeyOf(sealed string) string {
	id, _, _ := strings.Cut(sealed, ".")
	return id
}

// Seal closes a secret; it opens only together with what it is bound to.
func (k *Keys) Seal(plain, bound []byte) string {
	id := k.Current()
	aead := k.aeads[id]
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(nonce) // never fails
	return id + "." + base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, with(id, bound)))
}

// Open is the reverse of Seal, or ErrKey.
func (k *Keys) Open(sealed string, bound []byte) ([]byte, error) {
	id, encoded, _ := strings.Cut(sealed, ".")
	aead := k.aeads[id]
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if aead == nil || err != nil || len(raw) < aead.NonceSize() {
		return nil, ErrKey
	}
	plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], with(id, bound))
	if err != nil {
		return nil, ErrKey
	}
	return plain, nil
}

func with(id string, bound []byte) []byte { return append([]byte(id+"\x00"), bound...) }
