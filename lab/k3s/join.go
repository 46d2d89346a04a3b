package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Where a server lets agents in; k3s does it on the API server's port, which here is kube-apiserver's own.
const joinPort = "9345"

// Who an agent is.
type joinRequest struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// What an agent needs to run a kubelet.
type joinAnswer struct {
	CA     []byte `json:"ca"`
	Client pair   `json:"client"` // the kubelet's, for the API
	Server pair   `json:"server"` // the kubelet's own, for those that ask it
}

// admit makes a node's credentials.
func admit(ca *authority, node joinRequest) (joinAnswer, error) {
	client, err := ca.issue("system:node:"+node.Name, []string{"system:nodes"})
	if err != nil {
		return joinAnswer{}, err
	}
	server, err := ca.issue(node.Name, nil, node.Name, node.Address, "127.0.0.1")
	return joinAnswer{CA: ca.pem, Client: client, Server: server}, err
}

// serveJoins lets agents in that know the token.
func serveJoins(ca *authority, token string, hosts []string) error {
	if token == "" {
		log.Print("no token was given, so no agent can join")
		return nil
	}
	own, err := ca.issue("join", nil, hosts...)
	if err != nil {
		return err
	}
	certificate, err := tls.X509KeyPair(own.Certificate, own.Key)
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp", ":"+joinPort, &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		return err
	}
	server := &http.Server{Handler: joinHandler(ca, token), ReadHeaderTimeout: 5 * time.Second}
	go func() { log.Print("agents can no longer join: ", server.Serve(listener)) }()
	return nil
}

func joinHandler(ca *authority, token string) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		// Digests have one length, so that the comparison takes one time.
		given, wanted := sha256.Sum256([]byte(request.Header.Get("Authorization"))), sha256.Sum256([]byte("Bearer "+token))
		if subtle.ConstantTimeCompare(given[:], wanted[:]) != 1 {
			http.Error(response, "wrong token", http.StatusUnauthorized)
			return
		}
		node := joinRequest{}
		err := json.NewDecoder(io.LimitReader(request.Body, 1<<16)).Decode(&node)
		if err != nil || node.Name == "" || net.ParseIP(node.Address) == nil {
			http.Error(response, "name and address of the node are wanted", http.StatusBadRequest)
			return
		}
		answer, err := admit(ca, node)
		if err != nil {
			http.Error(response, err.Error(), http.StatusInternalServerError)
			return
		}
		log.Printf("agent %s joins from %s", node.Name, node.Address)
		_ = json.NewEncoder(response).Encode(answer)
	})
}

// join asks a server for credentials.
func join(host, token string, node joinRequest) (joinAnswer, error) {
	body, err := json.Marshal(node)
	if err != nil {
		return joinAnswer{}, err
	}
	request, err := http.NewRequest(http.MethodPost, "https://"+net.JoinHostPort(host, joinPort)+"/join", bytes.NewReader(body))
	if err != nil {
		return joinAnswer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	// As with a token of k3s that holds no hash, the agent trusts the server that it was told of.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	response, err := (&http.Client{Transport: transport, Timeout: 5 * time.Second}).Do(request)
	if err != nil {
		return joinAnswer{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<12))
		return joinAnswer{}, fmt.Errorf("the server at %s says: %s: %s", host, response.Status, bytes.TrimSpace(text))
	}
	answer := joinAnswer{}
	return answer, json.NewDecoder(response.Body).Decode(&answer)
}

// serverHost is the host of K3S_URL.
func serverHost(address string) (string, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	if parsed.Hostname() == "" {
		return "", errors.New("an agent needs K3S_URL, or --server: the address of its server")
	}
	return parsed.Hostname(), nil
}
