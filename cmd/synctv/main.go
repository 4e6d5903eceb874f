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
		os.Exit(1)
	}
}

// run is main without the process around it, so that tests can call it.
func run(ctx context.Context, args []string, env func(string) (string, bool), out, errOut io.Writer) error {
	root := &cobra.Command{
		Use:           "synctv",
		Short:         "Watch together: the same moment of the same video for everybody",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	root.AddCommand(serveCommand(env), healthCommand(), versionCommand())
	return root.ExecuteContext(ctx)
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
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
