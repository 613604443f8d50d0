package api

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"sync"

	"gopkg.in/yaml.v3"
)

// Contract is the text of openapi.yaml.
//
//go:embed openapi.yaml
var Contract []byte

// contractJSON is the contract as JSON, made at the first request for it: most
// servers are never asked.
var contractJSON = sync.OnceValues(func() ([]byte, error) {
	var document any
	if err := yaml.Unmarshal(Contract, &document); err != nil {
		return nil, err
	}
	return json.Marshal(document)
})

// openapi serves the contract, which anybody may read from any page.
func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) error {
	body, err := contractJSON()
	if err != nil {
		return err
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "public, max-age=300")
	writeBody(w, http.StatusOK, body)
	return nil
}
