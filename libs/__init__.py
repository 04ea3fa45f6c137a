"""What services share: `common` for all of them, `local` for running brokers, databases and the gateway on this machine."""
