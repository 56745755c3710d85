"""Work off the main thread, free of Qt."""
