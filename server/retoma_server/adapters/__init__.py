"""What the server leans on: stores, encryption, tokens, settings."""
