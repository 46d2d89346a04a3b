module resize-conformance/node

go 1.25
