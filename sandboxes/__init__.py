"""Where candidates run: providers of isolated sessions."""
