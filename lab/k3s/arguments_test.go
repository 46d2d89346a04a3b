package main

import (
	"reflect"
	"testing"
)

func parsed(arguments ...string) options {
	return parse(arguments, func(name string) string { return map[string]string{"K3S_TOKEN": "from-environment"}[name] })
}

func TestComponentsGetTheirFlagsInBothSpellings(t *testing.T) {
	found := parsed("--kube-apiserver-arg=feature-gates=A=true,B=false", "--kubelet-arg", "fail-cgroupv1=false", "--kubelet-arg=v=4")
	wanted := map[string][]string{
		"kube-apiserver": {"--feature-gates=A=true,B=false"},
		"kubelet":        {"--fail-cgroupv1=false", "--v=4"},
	}
	if !reflect.DeepEqual(found.componentArgs, wanted) {
		t.Errorf("%v", found.componentArgs)
	}
}

func TestListsAreCollected(t *testing.T) {
	found := parsed("--tls-san", "0.0.0.0", "--tls-san=a,b", "--disable=traefik,coredns", "--disable", "metrics-server")
	if !reflect.DeepEqual(found.tlsSANs, []string{"0.0.0.0", "a", "b"}) {
		t.Errorf("%v", found.tlsSANs)
	}
	if len(found.disabled) != 3 || !found.disabled["metrics-server"] {
		t.Errorf("%v", found.disabled)
	}
}

func TestTheCommandLineComesBeforeTheEnvironment(t *testing.T) {
	if found := parsed(); found.token != "from-environment" {
		t.Errorf("%v", found.token)
	}
	if found := parsed("--token=given"); found.token != "given" {
		t.Errorf("%v", found.token)
	}
}

func TestWhatIsNotDoneIsNamed(t *testing.T) {
	found := parsed("--flannel-backend", "none", "--cluster-init", "--node-label", "a=b")
	if !reflect.DeepEqual(found.ignored, []string{"--flannel-backend=none", "--cluster-init"}) {
		t.Errorf("%v", found.ignored)
	}
	if !reflect.DeepEqual(found.nodeLabels, []string{"a=b"}) {
		t.Errorf("%v", found.nodeLabels)
	}
}
