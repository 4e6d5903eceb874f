package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"synctv/internal/spelling"
)

// Value is one key as it is set, and where.
type Value struct {
	Key
	Text   string
	Source string // "default", "file synctv.yaml:3", "environment SYNCTV_X", "flag --x"
	File   string // of a secret: the file it was read from; else empty
}

// maxSecretFile is more than any password or address is long.
const maxSecretFile = 64 << 10

// layer is one place where keys are set.
type layer func(flag string) (text, source string, ok bool)

// layers are the places, the strongest first. The file is named by --config or
// SYNCTV_CONFIG.
func layers(flags, env Lookup) ([]layer, error) {
	list := []layer{
		func(flag string) (string, string, bool) {
			v, ok := flags(flag)
			return v, "flag --" + flag, ok
		},
		func(flag string) (string, string, bool) {
			name := Key{Flag: flag}.Env()
			v, ok := env(name)
			return v, "environment " + name, ok
		},
	}
	path := FilePath(flags, env)
	if path == "" {
		return list, nil
	}
	file, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return append(list, file), nil
}

// FilePath names the configuration file, or is empty.
func FilePath(flags, env Lookup) string {
	if path, ok := flags("config"); ok && path != "" {
		return path
	}
	path, _ := env("SYNCTV_CONFIG")
	return path
}

// Resolve says what every key is set to, and where. All mistakes come back at
// once.
func Resolve(flags, env Lookup) ([]Value, error) {
	places, err := layers(flags, env)
	if err != nil {
		return nil, err
	}
	values := make([]Value, 0, len(Keys()))
	var errs []error
	for _, k := range Keys() {
		v := Value{Key: k, Text: k.Default, Source: "default"}
		for _, place := range places {
			found, err := v.from(place)
			if err != nil {
				errs = append(errs, err)
			}
			if found {
				break
			}
		}
		v.Text = strings.TrimSpace(v.Text)
		values = append(values, v)
	}
	return values, errors.Join(errs...)
}

// from looks in one place: for the key, and for a secret also for the name of
// the file that holds it.
func (v *Value) from(place layer) (found bool, err error) {
	if text, source, ok := place(v.Flag); ok {
		v.Text, v.Source = text, source
		return true, nil
	}
	if !v.Secret {
		return false, nil
	}
	path, source, ok := place(v.Flag + "-file")
	if !ok || path == "" {
		return false, nil
	}
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxSecretFile {
		err = errors.New("too large for a secret")
	}
	var raw []byte
	if err == nil {
		raw, err = os.ReadFile(path)
	}
	if err != nil {
		return true, fmt.Errorf("%s-file (from %s): %w", v.Flag, source, err)
	}
	v.Text, v.Source, v.File = string(raw), source, path
	return true, nil
}

// readFile reads a YAML file: one line "key: value" for each key; lists may be
// written as YAML lists, the library also as "name: path" below it.
func readFile(path string) (layer, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("config: %s: %w", path, err)
	}
	if len(doc.Content) == 0 {
		return func(string) (string, string, bool) { return "", "", false }, nil // empty
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("config: %s:%d: want lines like \"http-addr: :8080\"", path, root.Line)
	}
	texts, sources := map[string]string{}, map[string]string{}
	var errs []error
	for i := 0; i+1 < len(root.Content); i += 2 {
		name, value := root.Content[i], root.Content[i+1]
		at := fmt.Sprintf("file %s:%d", path, name.Line)
		text, err := flat(value)
		switch {
		case !known(name.Value):
			errs = append(errs, fmt.Errorf("%s: there is no key %q%s", at, name.Value, spelling.Guess(strings.ReplaceAll(name.Value, "_", "-"), names())))
		case err != nil:
			errs = append(errs, fmt.Errorf("%s (from %s): %w", name.Value, at, err))
		case sources[name.Value] != "":
			errs = append(errs, fmt.Errorf("%s: %s is set twice", at, name.Value))
		}
		texts[name.Value], sources[name.Value] = text, at
	}
	return func(flag string) (string, string, bool) {
		source, ok := sources[flag]
		return texts[flag], source, ok
	}, errors.Join(errs...)
}

// flat is a YAML value as a flag would have it.
func flat(n *yaml.Node) (string, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return "", nil
		}
		return n.Value, nil
	case yaml.SequenceNode, yaml.MappingNode:
		parts := []string{}
		for i := 0; i < len(n.Content); i++ {
			part := n.Content[i].Value
			if n.Kind == yaml.MappingNode {
				i++
				part += "=" + n.Content[i].Value
			}
			if n.Content[i].Kind != yaml.ScalarNode {
				return "", errors.New("want a plain list")
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, ","), nil
	case yaml.DocumentNode, yaml.AliasNode:
	}
	return "", errors.New("want a value or a list")
}

func known(name string) bool { return slices.Contains(names(), name) }

// names are those of all keys, and of the files of secret ones.
func names() []string {
	list := []string{}
	for _, k := range Keys() {
		list = append(list, k.Flag)
		if k.Secret {
			list = append(list, k.Flag+"-file")
		}
	}
	return list
}

// Example is a file with every key, its meaning and its default.
func Example() string {
	var b strings.Builder
	b.WriteString("# SyncTV's configuration. Every key is optional; this is what each is by itself.\n" +
		"# A flag (--http-addr) goes before the environment (SYNCTV_HTTP_ADDR), that before this file.\n" +
		"# Keys marked (file) may instead be given as KEY-file: the name of a file with the value.\n" +
		"# Keys marked (live) are taken over while the server runs; others at its next start.\n")
	for _, k := range Keys() {
		marks := ""
		if k.Secret {
			marks += " (file)"
		}
		if k.Live {
			marks += " (live)"
		}
		value := k.Default
		if value == "" || strings.ContainsAny(value, ":,") {
			value = fmt.Sprintf("%q", value)
		}
		fmt.Fprintf(&b, "\n# %s.%s\n#%s: %s\n", strings.TrimSuffix(k.Help, "."), marks, k.Flag, value)
	}
	return b.String()
}
