// Reads a dashboard from standard input as Grafana's own models have it: no field that they do not know, no value
// that they do not allow, in panels and queries, too.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

func main() {
	raw, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = check(raw)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(raw []byte) error {
	// The kinds that the dashboard has; all that there are take a minute to compile.
	known := cog.NewRuntime()
	known.RegisterPanelcfgVariant(timeseries.VariantConfig())
	known.RegisterDataqueryVariant(prometheus.VariantConfig())
	var read dashboard.Dashboard
	if err := read.UnmarshalJSONStrict(raw); !good(err) {
		return err
	}
	return read.Validate()
}

// good tells whether an error says nothing: the models return an empty list of what is wrong where nothing is.
func good(err error) bool {
	wrong, listed := err.(cog.BuildErrors)
	return err == nil || listed && len(wrong) == 0
}
