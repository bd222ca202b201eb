"""The checks of `doctor`: each says what it looked at, what it found, and the next step."""
