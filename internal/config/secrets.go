package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"synctv/internal/ident"
	"synctv/internal/vault"
)

// Errors of secret values do not repeat them.

func secret(field func(*Config) *ident.Secret) func(*Config, string) error {
	return func(c *Config, v string) error {
		*field(c) = ident.Secret(v)
		return nil
	}
}

// secretURL takes an address that may hold a password, by its scheme.
func secretURL(field func(*Config) *ident.Secret, want string, schemes ...string) func(*Config, string) error {
	return func(c *Config, v string) error {
		scheme, rest, _ := strings.Cut(v, ":")
		switch _, err := url.Parse(v); {
		case v == "":
		case !slices.Contains(schemes, scheme):
			return fmt.Errorf("want %s: it begins with none of %s", want, strings.Join(schemes, ", "))
		case scheme == "sqlite" && rest != "": // any name of a file
		case err != nil || rest == "" || scheme == "sqlite" || !strings.HasPrefix(rest, "//"):
			return fmt.Errorf("want %s: what follows %s: is no address; in a password write %%, /, :, ?, # and @ as %%25, %%2F, %%3A, %%3F, %%23 and %%40", want, scheme)
		}
		*field(c) = ident.Secret(v)
		return nil
	}
}

func sourceKeys(c *Config, v string) error {
	if v == "" {
		return nil
	}
	if _, err := vault.Parse(v); err != nil {
		return errors.New(err.Error() + "; make one with: echo \"k1=$(openssl rand -base64 32)\"")
	}
	c.SourceKeys = ident.Secret(v)
	return nil
}
