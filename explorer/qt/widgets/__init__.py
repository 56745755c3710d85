"""Widgets that know no state: values come in by method, intents go out by signal."""
