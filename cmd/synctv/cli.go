package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"synctv/internal/config"
	"synctv/internal/problem"
	"synctv/internal/store"
)

// usageError is a mistake of whoever typed the command.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitCode says what kind of failure it was, for scripts.
func exitCode(err error) int {
	if _, ok := errors.AsType[usageError](err); ok || strings.HasPrefix(err.Error(), "unknown command") {
		return 2
	}
	switch problem.KindOf(err) {
	case problem.Invalid:
		return 2
	case problem.NotFound:
		return 3
	}
	return 1
}

// configFlags gives a command a flag for the file and for the named keys, all
// if none is named; what it returns tells which were given.
func configFlags(cmd *cobra.Command, only ...string) config.Lookup {
	cmd.Flags().String("config", "", "YAML file with the configuration [SYNCTV_CONFIG]")
	wanted := map[string]bool{}
	for _, name := range only {
		wanted[name] = true
	}
	for _, k := range config.Keys() {
		if len(only) > 0 && !wanted[k.Flag] {
			continue
		}
		cmd.Flags().String(k.Flag, k.Default, k.Help+" ["+k.Env()+"]")
		if k.Secret {
			cmd.Flags().String(k.Flag+"-file", "", "file that holds "+k.Flag)
		}
	}
	return func(name string) (string, bool) {
		f := cmd.Flags().Lookup(name)
		if f == nil {
			return "", false
		}
		return f.Value.String(), f.Changed
	}
}

// storeFlags are those that say where the data is.
func storeFlags(cmd *cobra.Command) config.Lookup {
	return configFlags(cmd, "data-dir", "database-url", "database-max-conns")
}

// storeOptions reads where the data is.
func storeOptions(flags, env config.Lookup) (store.Options, error) {
	cfg, err := config.Load(flags, env)
	if err != nil {
		return store.Options{}, usageError{fmt.Errorf("configuration:\n%w", err)}
	}
	return store.Options{URL: string(cfg.DatabaseURL), MaxConns: 4}, nil
}

// withStore opens the store for one command.
func withStore(ctx context.Context, flags, env config.Lookup, work func(*store.Store) error) error {
	o, err := storeOptions(flags, env)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(work(db), db.Close())
}

// format is how a command prints: for people or for programs.
type format string

// String implements pflag.Value.
func (f *format) String() string { return string(*f) }

// Type implements pflag.Value.
func (*format) Type() string { return "string" }

// Set implements pflag.Value: what is neither is refused whether or not the
// command prints anything.
func (f *format) Set(v string) error {
	if v != "table" && v != "json" {
		return errors.New("neither table nor json")
	}
	*f = format(v)
	return nil
}

// outputFlag lets people choose between a table and JSON, for a command or a
// group of which every command prints either.
func outputFlag(cmd *cobra.Command) {
	how := format("table")
	cmd.PersistentFlags().VarP(&how, "output", "o", "table or json")
	// It fails only where the flag is not there.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp))
}

func wantsJSON(cmd *cobra.Command) bool { return cmd.Flag("output").Value.String() == "json" }

func printJSON(cmd *cobra.Command, v any) error {
	e := json.NewEncoder(cmd.OutOrStdout())
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// say prints one line, or v as JSON.
func say(cmd *cobra.Command, v any, line string, args ...any) error {
	if wantsJSON(cmd) {
		return printJSON(cmd, v)
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), line+"\n", args...)
	return err
}

// show prints rows as a table, or v as JSON.
func show(cmd *cobra.Command, v any, head []string, rows [][]string) error {
	if wantsJSON(cmd) {
		return printJSON(cmd, v)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

// confirm asks before something that cannot be taken back, unless --yes.
func confirm(cmd *cobra.Command, question string) error {
	if yes, _ := cmd.Flags().GetBool("yes"); yes {
		return nil
	}
	if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s Type yes: ", question); err != nil {
		return err
	}
	answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n') // its end is an answer, too
	if strings.TrimSpace(answer) != "yes" {
		return usageError{errors.New("not done: --yes was not given")}
	}
	return nil
}

func yesFlag(cmd *cobra.Command) { cmd.Flags().Bool("yes", false, "do not ask") }

// exactly is cobra.ExactArgs as a mistake of whoever typed.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cobra.ExactArgs(n)(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
		}
		return nil
	}
}
