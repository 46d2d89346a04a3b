package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A client of the Kubernetes API for the few things that this program asks.
type api struct {
	server string
	client *http.Client
}

func newAPI(server string, ca []byte, credentials pair) (*api, error) {
	certificate, err := tls.X509KeyPair(credentials.Certificate, credentials.Key)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(ca)
	settings := &tls.Config{RootCAs: trusted, Certificates: []tls.Certificate{certificate}}
	transport := &http.Transport{TLSClientConfig: settings}
	return &api{server: server, client: &http.Client{Transport: transport, Timeout: 10 * time.Second}}, nil
}

// get reads an object into result, where that is not nil.
func (asked *api) get(path string, result any) error {
	return asked.send(http.MethodGet, path, "", nil, result)
}

// merge changes an object by a merge patch.
func (asked *api) merge(path string, patch any) error {
	body, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	return asked.send(http.MethodPatch, path, "application/merge-patch+json", body, nil)
}

func (asked *api) send(method, path, kind string, body []byte, result any) error {
	request, err := http.NewRequest(method, asked.server+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := asked.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, content)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(content, result)
}

// What this program reads of a node.
type nodeObject struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		PodCIDR string `json:"podCIDR"`
		Taints  []struct {
			Key string `json:"key"`
		} `json:"taints"`
	} `json:"spec"`
	Status struct {
		Addresses []struct {
			Type    string `json:"type"`
			Address string `json:"address"`
		} `json:"addresses"`
		Conditions []struct {
			Type   string `json:"type"`
			Status string `json:"status"`
		} `json:"conditions"`
	} `json:"status"`
}

func (node *nodeObject) address() string {
	for _, known := range node.Status.Addresses {
		if known.Type == "InternalIP" {
			return known.Address
		}
	}
	return ""
}

// nodeReady gives no error once pods can be scheduled to the node.
func (asked *api) nodeReady(name string) func() error {
	return func() error {
		node := nodeObject{}
		if err := asked.get("/api/v1/nodes/"+name, &node); err != nil {
			return err
		}
		for _, taint := range node.Spec.Taints {
			if taint.Key == "node.kubernetes.io/not-ready" {
				return errors.New("the node has its not-ready taint")
			}
		}
		for _, condition := range node.Status.Conditions {
			if condition.Type == "Ready" && condition.Status == "True" {
				return nil
			}
		}
		return errors.New("the node is not Ready")
	}
}
