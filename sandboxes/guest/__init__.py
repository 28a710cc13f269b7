"""What runs inside a sandbox: one standard-library file."""
