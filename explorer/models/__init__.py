"""Capability adapters: what a bundle can do, as small numpy objects over sessions."""
