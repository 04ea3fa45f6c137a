"""The facts that services publish: one file a publisher, each fact frozen by a sample in tests/contract/samples."""
