"""An image opened, its layers read and laid over each other; nothing is known of packages here."""
