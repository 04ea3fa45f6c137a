"""Ways out of the service that are not HTTP: paper."""
