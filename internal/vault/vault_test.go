package vault

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func keys(t *testing.T, text string) *Keys {
	t.Helper()
	k, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// What one key closed opens as long as that key is there, and only for what it
// is bound to.
func TestSecretsOutliveTheirKey(t *testing.T) {
	old, fresh := NewKey(), NewKey()
	secret, bound := []byte("user\x00password"), []byte("account 1")
	sealed := keys(t, old).Seal(secret, bound)
	if strings.Contains(sealed, "password") || KeyOf(sealed) != keys(t, old).Current() || sealed == keys(t, old).Seal(secret, bound) {
		t.Errorf("sealed: %s", sealed)
	}
	both := keys(t, fresh+"\n"+old+"\n")
	plain, err := both.Open(sealed, bound)
	if err != nil || !bytes.Equal(plain, secret) {
		t.Errorf("%q, %v", plain, err)
	}
	again := both.Seal(plain, bound)
	if KeyOf(again) != both.Current() || KeyOf(again) == KeyOf(sealed) {
		t.Errorf("closed with %s", KeyOf(again))
	}
	if _, err := keys(t, fresh).Open(again, bound); err != nil {
		t.Error(err)
	}
	stolen := both.Current() + "." + strings.SplitN(sealed, ".", 2)[1]
	for name, c := range map[string]struct {
		sealed string
		bound  string
		keys   *Keys
	}{
		"another key":       {sealed, "account 1", keys(t, fresh)},
		"another account":   {sealed, "account 2", both},
		"another key's id":  {stolen, "account 1", both},
		"a bit turned over": {sealed[:len(sealed)-2] + "AA", "account 1", both},
		"too short":         {KeyOf(sealed) + ".AAAA", "account 1", both},
		"nothing":           {"", "", both},
	} {
		if plain, err := c.keys.Open(c.sealed, []byte(c.bound)); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
}

func TestKeysAreRefused(t *testing.T) {
	good := NewKey()
	for _, text := range []string{"", " \n,", "x", "id=", "id=AAAA", "=" + strings.SplitN(good, "=", 2)[1], good + "," + good, "a b=" + good, strings.Repeat("i", 33) + good} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%q was taken", text)
		} else if len(text) > 40 && strings.Contains(err.Error(), good[12:20]) {
			t.Errorf("the error holds the key: %v", err)
		}
	}
}

// BenchmarkSecret closes and opens what a linked source is signed in with.
func BenchmarkSecret(b *testing.B) {
	k, err := Parse(NewKey())
	if err != nil {
		b.Fatal(err)
	}
	plain, bound := []byte(`{"user":"ada","password":"correct horse battery staple"}`), []byte("source 1")
	sealed := k.Seal(plain, bound)
	b.Run("seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sealed = k.Seal(plain, bound)
		}
	})
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := k.Open(sealed, bound); err != nil {
				b.Fatal(err)
			}
		}
	})
}
