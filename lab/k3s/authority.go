package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// A certificate and its key, both PEM.
type pair struct {
	Certificate []byte `json:"certificate"`
	Key         []byte `json:"key"`
}

// write puts a pair into DIR/NAME.crt and DIR/NAME.key.
func (made pair) write(directory, name string) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(directory, name+".crt"), made.Certificate, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, name+".key"), made.Key, 0o600)
}

// A certificate authority that lives as long as the process.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := blank(pkix.Name{CommonName: name})
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	encoded, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(encoded)
	return &authority{certificate: certificate, key: key, pem: block("CERTIFICATE", encoded)}, err
}

// issue makes a client's certificate, or a server's where hosts are named. Kubernetes takes the subject's common name as
// the user and its organizations as the user's groups.
func (ca *authority) issue(user string, groups []string, hosts ...string) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	template := blank(pkix.Name{CommonName: user, Organization: groups})
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	for _, host := range hosts {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		if address := net.ParseIP(host); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	encoded, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, &key.PublicKey, ca.key)
	if err != nil {
		return pair{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	return pair{Certificate: block("CERTIFICATE", encoded), Key: block("PRIVATE KEY", private)}, err
}

// serviceAccountKeys makes the key that signs service account tokens: the public and the private part.
func serviceAccountKeys() (public, private []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	shared, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	return block("PUBLIC KEY", shared), block("PRIVATE KEY", encoded), err
}

func blank(subject pkix.Name) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err)
	}
	// A few minutes back, since clocks may differ a little.
	begins := time.Now().Add(-5 * time.Minute)
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    begins,
		NotAfter:     begins.AddDate(0, 1, 0),
	}
}

func block(kind string, content []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
}
