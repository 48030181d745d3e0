"""When something went wrong: what it means, what to do, and stopping what is left."""
