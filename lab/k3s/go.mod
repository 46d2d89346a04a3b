module resize-conformance/k3s-stand-in

go 1.25
