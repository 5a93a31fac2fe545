module polylog/conformance/driver

go 1.24
