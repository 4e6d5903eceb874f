// Command synctv is the whole program: the server and the commands that look
// after it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the release build (-ldflags "-X main.version=…").
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "synctv:", err)
		os.Exit(exitCode(err))
	}
}

// run is main without the process around it, so that tests can call it.
func run(ctx context.Context, args []string, env func(string) (string, bool), out, errOut io.Writer) error {
	root := commands(env)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	return root.ExecuteContext(ctx)
}

// commands is all that can be typed.
func commands(env func(string) (string, bool)) *cobra.Command {
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
		serveCommand(env), healthCommand(), versionCommand(), configCommand(env), userCommand(env), roomCommand(env), sourceCommand(env), settingCommand(env),
		migrateCommand(env), backupCommand(env), restoreCommand(env),
	)
	return root
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Example: "  synctv version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			goVersion := "unknown"
			if ok {
				goVersion = info.GoVersion
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "synctv %s (%s)\n", version, goVersion)
			return err
		},
	}
}
