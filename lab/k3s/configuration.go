package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Where k3s has its things, as far as anybody looks for them there.
const (
	serverDirectory  = "/var/lib/rancher/k3s/server"
	agentDirectory   = "/var/lib/rancher/k3s/agent"
	containerdSocket = "/run/k3s/containerd/containerd.sock"
	containerdConfig = agentDirectory + "/etc/containerd/config.toml"
	cniDirectory     = agentDirectory + "/etc/cni/net.d"
	kubeletConfig    = agentDirectory + "/etc/kubelet.json"
	nodeKubeconfig   = agentDirectory + "/kubelet.kubeconfig"
	adminKubeconfig  = "/etc/rancher/k3s/k3s.yaml"
	pauseImage       = "localhost/resize-conformance/pause:1"
)

func writeFile(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	// Readers see all of it or nothing.
	if err := os.WriteFile(path+".partial", []byte(content), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".partial", path)
}

// kubeconfig is one that holds all it needs; it is JSON, which is YAML too. Names are those of k3s, which k3d looks for.
func kubeconfig(server string, ca []byte, credentials pair) string {
	encode := base64.StdEncoding.EncodeToString
	return document(map[string]any{
		"apiVersion":      "v1",
		"kind":            "Config",
		"current-context": "default",
		"clusters": []any{map[string]any{"name": "default", "cluster": map[string]any{
			"server": server, "certificate-authority-data": encode(ca),
		}}},
		"users": []any{map[string]any{"name": "default", "user": map[string]any{
			"client-certificate-data": encode(credentials.Certificate), "client-key-data": encode(credentials.Key),
		}}},
		"contexts": []any{map[string]any{"name": "default", "context": map[string]any{
			"cluster": "default", "user": "default",
		}}},
	})
}

// kubeletConfiguration is what k3s's kubelets have, as far as pods can tell; flags of the user come after it.
func kubeletConfiguration(pki string) string {
	return document(map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"webhook":   map[string]any{"enabled": true},
			"x509":      map[string]any{"clientCAFile": pki + "/ca.crt"},
		},
		"authorization":            map[string]any{"mode": "Webhook"},
		"tlsCertFile":              pki + "/kubelet.crt",
		"tlsPrivateKeyFile":        pki + "/kubelet.key",
		"containerRuntimeEndpoint": "unix://" + containerdSocket,
		"cgroupDriver":             "cgroupfs",
		"failSwapOn":               false,
		"makeIPTablesUtilChains":   false,
		// The node shares the host's disk: a full one is the host's matter.
		"evictionHard":                map[string]any{"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
		"imageGCHighThresholdPercent": 100,
	})
}

func document(content any) string {
	text, err := json.MarshalIndent(content, "", " ")
	if err != nil {
		panic(err)
	}
	return string(text) + "\n"
}

func containerdConfiguration(mayLowerOOMScore bool) string {
	return fmt.Sprintf(containerdTemplate, containerdSocket, pauseImage, !mayLowerOOMScore, cniDirectory)
}

const containerdTemplate = `version = 3
root = "/var/lib/rancher/k3s/agent/containerd"
state = "/run/k3s/containerd"

[grpc]
address = %q

[plugins."io.containerd.nri.v1.nri"]
disable = true

[plugins."io.containerd.cri.v1.images"]
snapshotter = "overlayfs"
pinned_images = { sandbox = %q }

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = %v

[plugins."io.containerd.cri.v1.runtime".cni]
use_internal_loopback = true
bin_dirs = ["/opt/cni/bin"]
conf_dir = %q

[plugins."io.containerd.cri.v1.runtime".containerd]
default_runtime_name = "runc"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
options = { SystemdCgroup = false }
`

// hasSysResource tells whether processes here may lower oom_score_adj; runc ends where they may not and are asked to.
func hasSysResource(status string) bool {
	const capSysResource = 24
	for line := range strings.Lines(status) {
		if name, value, found := strings.Cut(line, ":"); found && name == "CapBnd" {
			set, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			return err == nil && set>>capSysResource&1 == 1
		}
	}
	return false
}
