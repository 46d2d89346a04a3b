package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"
)

func answerTo(t *testing.T, token, body string) (*httptest.ResponseRecorder, *authority) {
	t.Helper()
	ca, err := newAuthority("test")
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/join", bytes.NewBufferString(body))
	request.Header.Set("Authorization", "Bearer "+token)
	recorder := httptest.NewRecorder()
	joinHandler(ca, "secret").ServeHTTP(recorder, request)
	return recorder, ca
}

func TestAnAgentWithTheTokenGetsItsCredentials(t *testing.T) {
	recorder, ca := answerTo(t, "secret", `{"name": "worker", "address": "10.0.0.2"}`)
	answer := joinAnswer{}
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		t.Fatal(recorder.Code, err)
	}
	decoded, _ := pem.Decode(answer.Client.Certificate)
	client, err := x509.ParseCertificate(decoded.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if client.Subject.CommonName != "system:node:worker" || client.Subject.Organization[0] != "system:nodes" {
		t.Errorf("%v", client.Subject)
	}
	if err := client.CheckSignatureFrom(ca.certificate); err != nil {
		t.Error(err)
	}
}

func TestAnAgentWithoutTheTokenIsRefused(t *testing.T) {
	if recorder, _ := answerTo(t, "guess", `{"name": "worker", "address": "10.0.0.2"}`); recorder.Code != http.StatusUnauthorized {
		t.Error(recorder.Code)
	}
}

func TestAnAgentMustSayWhoItIs(t *testing.T) {
	for _, body := range []string{"", "{}", `{"name": "worker", "address": "nowhere"}`} {
		if recorder, _ := answerTo(t, "secret", body); recorder.Code != http.StatusBadRequest {
			t.Error(body, recorder.Code)
		}
	}
}

func TestTheServersHostComesFromItsURL(t *testing.T) {
	if host, err := serverHost("https://k3d-lab-server-0:6443"); err != nil || host != "k3d-lab-server-0" {
		t.Error(host, err)
	}
	if _, err := serverHost(""); err == nil {
		t.Error("an agent without a server was accepted")
	}
}
