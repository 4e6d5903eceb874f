package main

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"synctv/internal/config"
)

// configCommand shows and checks what serve would be set to.
func configCommand(env config.Lookup, strays []string) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Show, check and explain the configuration"}
	print := &cobra.Command{
		Use: "print", Short: "Print every key, its value and where it was set; secrets are hidden", Args: exactly(0),
		Example: "  synctv config print --config /etc/synctv/synctv.yaml -o json",
	}
	outputFlag(print)
	flags := configFlags(print)
	print.RunE = func(cmd *cobra.Command, _ []string) error { return printConfig(cmd, flags, env) }

	check := &cobra.Command{
		Use: "check", Short: "Say whether the configuration is right, and all that is wrong with it", Args: exactly(0),
		Example: "  synctv config check --config synctv.yaml && systemctl restart synctv",
	}
	outputFlag(check)
	checked := configFlags(check)
	check.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := checkConfig(checked, env, strays); err != nil {
			return usageError{err}
		}
		return say(cmd, map[string]bool{"right": true}, "the configuration is right")
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

// checkConfig finds all that would stop serve, or be something other than what
// was meant, as far as it shows without opening ports and databases.
func checkConfig(flags, env config.Lookup, strays []string) error {
	errs := []error{}
	for _, s := range strays {
		errs = append(errs, errors.New(s))
	}
	cfg, err := config.Load(flags, env)
	errs = append(errs, err, pairOpens("tls-cert and tls-key", cfg.TLSCert, cfg.TLSKey), pairOpens("rtmps-cert and rtmps-key", cfg.RTMPSCert, cfg.RTMPSKey))
	for _, f := range cfg.Library {
		one, err := openLibrary([]config.Folder{f})
		if err != nil {
			errs = append(errs, fmt.Errorf("library: %w", err))
			continue
		}
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}

// pairOpens tells whether a certificate and its key are there and belong
// together; one without the other is told elsewhere.
func pairOpens(keys, cert, key string) error {
	if cert == "" || key == "" {
		return nil
	}
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		return fmt.Errorf("%s: %w", keys, err)
	}
	return nil
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
