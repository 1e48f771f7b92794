// A registry with the referrers API, for tests: go-containerregistry's own, which `crane registry
// serve` starts without that API.
//
// usage: referrers-registry ADDRESS FOLDER
package main

import (
	"log"
	"net/http"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: referrers-registry ADDRESS FOLDER")
	}
	server := http.Server{
		Addr: os.Args[1],
		Handler: registry.New(
			registry.WithReferrersSupport(true),
			registry.WithBlobHandler(registry.NewDiskBlobHandler(os.Args[2])),
		),
		ReadHeaderTimeout: 5 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}
