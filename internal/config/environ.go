package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"synctv/internal/spelling"
)

// prefix begins the names of our variables.
const prefix = "SYNCTV_"

// Environment looks names up in NAME=VALUE lines, as os.Environ gives them.
func Environment(environ []string) Lookup {
	all := map[string]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		all[name] = value
	}
	return func(name string) (string, bool) {
		v, ok := all[name]
		return v, ok
	}
}

// Strays names the SYNCTV_… variables that set nothing, each with what was
// likely meant.
func Strays(environ []string) []string {
	// Kubernetes tells every pod of a service named synctv in such variables.
	service := regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT|PORT)(_|$)`)
	found := []string{}
	for _, line := range environ {
		name, _, _ := strings.Cut(line, "=")
		key, ours := strings.CutPrefix(name, prefix)
		flag := strings.ToLower(strings.ReplaceAll(key, "_", "-"))
		if !ours || key == "CONFIG" || known(flag) && name == (Key{Flag: flag}).Env() || service.MatchString(name) {
			continue
		}
		guess := ""
		if near := spelling.Nearest(flag, names()); near != "" {
			guess = fmt.Sprintf("; did you mean %s?", (Key{Flag: near}).Env())
		}
		found = append(found, fmt.Sprintf("environment %s sets nothing%s", name, guess))
	}
	slices.Sort(found)
	return found
}
