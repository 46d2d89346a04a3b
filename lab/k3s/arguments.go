package main

import (
	"strings"
)

// What a command line of k3s asks for, as far as this program does it.
type options struct {
	componentArgs map[string][]string // flags by component, such as "kubelet": "--feature-gates=A=true"
	disabled      map[string]bool     // such as "metrics-server"
	tlsSANs       []string
	nodeLabels    []string
	token         string
	serverURL     string // where an agent finds its server
	kubeconfig    string // where one more copy of the administrator's kubeconfig goes
	ignored       []string
}

// Each is the name of a component before "-arg".
var components = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"}

// parse reads the options after "server" or "agent"; k3s takes some of them from the environment, too.
func parse(arguments []string, environment func(string) string) options {
	found := options{
		componentArgs: map[string][]string{},
		disabled:      map[string]bool{},
		token:         environment("K3S_TOKEN"),
		serverURL:     environment("K3S_URL"),
		kubeconfig:    environment("K3S_KUBECONFIG_OUTPUT"),
	}
	for index := 0; index < len(arguments); index++ {
		name, value, joined := strings.Cut(arguments[index], "=")
		// "--option value": an option's value never begins with a dash, and k3s has no other arguments.
		if !joined && index+1 < len(arguments) && !strings.HasPrefix(arguments[index+1], "-") {
			index++
			value = arguments[index]
		}
		found.take(strings.TrimLeft(name, "-"), value)
	}
	return found
}

func (found *options) take(name, value string) {
	switch name {
	case "tls-san":
		found.tlsSANs = append(found.tlsSANs, list(value)...)
	case "disable":
		for _, part := range list(value) {
			found.disabled[part] = true
		}
	case "node-label":
		found.nodeLabels = append(found.nodeLabels, list(value)...)
	case "token", "t":
		found.token = value
	case "server", "s":
		found.serverURL = value
	default:
		for _, component := range components {
			if name == component+"-arg" {
				found.componentArgs[component] = append(found.componentArgs[component], "--"+strings.TrimLeft(value, "-"))
				return
			}
		}
		found.ignored = append(found.ignored, strings.TrimSuffix("--"+name+"="+value, "="))
	}
}

func list(value string) []string {
	return strings.FieldsFunc(value, func(letter rune) bool { return letter == ',' })
}
