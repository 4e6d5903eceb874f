// Command synctv is the whole program: the server and the commands that look
// after it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	"synctv/internal/config"
)

// version is set by the release build (-ldflags "-X main.version=…").
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "synctv:", err)
		os.Exit(exitCode(err))
	}
}

// run is main without the process around it, so that tests can call it; environ
// is NAME=VALUE lines.
func run(ctx context.Context, args, environ []string, out, errOut io.Writer) error {
	root := commands(environ, out)
	root.SetArgs(args)
	root.SetErr(errOut)
	return root.ExecuteContext(ctx)
}

// commands is all that can be typed; they print to out.
func commands(environ []string, out io.Writer) *cobra.Command {
	env, strays := config.Environment(environ), config.Strays(environ)
	root := &cobra.Command{
		Use:   "synctv",
		Short: "Watch together: the same moment of the same video for everybody",
		Long: "SyncTV serves rooms in which people watch together. The other commands look after its\n" +
			"accounts, rooms and data; they work on the store itself and may run beside the server.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 wrong arguments or configuration, 3 no such thing.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		serveCommand(env, strays), healthCommand(env), versionCommand(), configCommand(env, strays), userCommand(env), roomCommand(env), sourceCommand(env), settingCommand(env),
		migrateCommand(env), backupCommand(env), restoreCommand(env),
	)
	root.SetOut(out)
	root.InitDefaultCompletionCmd() // now, to be one of the groups; it prints to what is set now
	refuseUnknown(root)
	return root
}

// refuseUnknown has every group of commands refuse a word that is none of them;
// by itself cobra prints help and is content.
func refuseUnknown(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		refuseUnknown(c)
	}
	if !cmd.HasParent() || !cmd.HasSubCommands() || cmd.Runnable() {
		return // of the root cobra asks it already
	}
	cmd.Args, cmd.SuggestionsMinimumDistance = cobra.ArbitraryArgs, 2 // letters, as cobra has it for the root
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		guess := ""
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			guess = fmt.Sprintf("; did you mean %q?", near[0])
		}
		return usageError{fmt.Errorf("unknown command %q for %q%s", args[0], cmd.CommandPath(), guess)}
	}
}

func versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version", Example: "  synctv version", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := struct {
				Version string `json:"version"`
				Go      string `json:"go"`
			}{version, runtime.Version()}
			return say(cmd, v, "synctv %s (%s)", v.Version, v.Go)
		},
	}
	outputFlag(cmd)
	return cmd
}
