package ident

import (
	"fmt"
	"io"
)

// Secret is a text that is used but never shown: however it is printed, logged
// or encoded, "[redacted]" comes out. string(s) is the text itself.
type Secret string

const redacted = "[redacted]"

// Format implements fmt.Formatter, for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String hides the text.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// MarshalText hides the text in JSON, YAML and logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
