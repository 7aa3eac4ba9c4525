"""The books of one transaction: each keeps one thing, over the connection that it is handed."""
