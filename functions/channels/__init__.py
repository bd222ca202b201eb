"""How channels are opened, confirmed, renewed and stopped; Gmail's watches of a mailbox, too."""
