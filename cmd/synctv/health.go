package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// healthTimeout is less than what container health checks wait.
const healthTimeout = 4 * time.Second

// healthCommand asks a running server whether it is ready: for health checks
// of containers, which have no other program to ask with.
func healthCommand() *cobra.Command {
	var url string
	cmd := &cobra.Command{
		Use: "health", Short: "Ask a running server whether it is ready", Example: "  synctv health --url http://127.0.0.1:8080", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := askHealth(cmd.Context(), url); err != nil {
				return err
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "ready")
			return err
		},
	}
	cmd.Flags().StringVar(&url, "url", "http://127.0.0.1:8080", "address of the server")
	return cmd
}

func askHealth(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("health: not ready (status %d)", res.StatusCode)
	}
	return nil
}
