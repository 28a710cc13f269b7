"""Host-side verifiers and their toolkit."""
