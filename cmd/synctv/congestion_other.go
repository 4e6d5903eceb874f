//go:build !linux

package main

import (
	"errors"
	"syscall"
)

// withCongestion is for Linux only.
func withCongestion(name string) func(network, address string, c syscall.RawConn) error {
	if name == "" {
		return nil
	}
	return func(string, string, syscall.RawConn) error {
		return errors.New("tcp-congestion: only Linux lets a program choose")
	}
}
