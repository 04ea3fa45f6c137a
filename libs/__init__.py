"""What services share: `common` for all of them, `local` for running brokers, databases and nginx on this machine."""
