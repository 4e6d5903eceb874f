package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"synctv/internal/config"
)

// configCommand shows and checks what serve would be set to.
func configCommand(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Show, check and explain the configuration"}
	outputFlag(cmd)
	print := &cobra.Command{
		Use: "print", Short: "Print every key, its value and where it was set; secrets are hidden", Args: exactly(0),
		Example: "  synctv config print --config /etc/synctv/synctv.yaml -o json",
	}
	flags := configFlags(print)
	print.RunE = func(cmd *cobra.Command, _ []string) error { return printConfig(cmd, flags, env) }

	check := &cobra.Command{
		Use: "check", Short: "Say whether the configuration is right, and all that is wrong with it", Args: exactly(0),
		Example: "  synctv config check --config synctv.yaml && systemctl restart synctv",
	}
	checked := configFlags(check)
	check.RunE = func(cmd *cobra.Command, _ []string) error {
		if _, err := config.Load(checked, env); err != nil {
			return usageError{err}
		}
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "the configuration is right")
		return err
	}
	example := &cobra.Command{
		Use: "example", Short: "Print a file with every key and its default", Args: exactly(0),
		Example: "  synctv config example > synctv.yaml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), config.Example())
			return err
		},
	}
	cmd.AddCommand(print, check, example)
	return cmd
}

func printConfig(cmd *cobra.Command, flags, env config.Lookup) error {
	if _, err := config.Load(flags, env); err != nil {
		return usageError{err}
	}
	values, err := config.Resolve(flags, env)
	if err != nil {
		return usageError{err}
	}
	type line struct {
		Key    string `json:"key"`
		Value  string `json:"value"`
		Source string `json:"source"`
	}
	list, rows := []line{}, [][]string{}
	for _, v := range values {
		text := v.Text
		if v.Secret && text != "" {
			text = "[hidden]"
		}
		list = append(list, line{v.Flag, text, v.Source})
		rows = append(rows, []string{v.Flag, text, v.Source})
	}
	return show(cmd, list, []string{"KEY", "VALUE", "SET BY"}, rows)
}
