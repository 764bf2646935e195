"""What the bot does, in the standard library only: everything else points here."""
