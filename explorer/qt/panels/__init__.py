"""One panel per controller: widgets put together, values in, intents out."""
