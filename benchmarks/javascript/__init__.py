"""What the JavaScript SDK weighs, and how fast a keystroke travels."""
