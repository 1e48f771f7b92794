"""What the `vex` commands share, and how every other command comes by statements."""
