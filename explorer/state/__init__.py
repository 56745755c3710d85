"""The evented truth: what the user asked for; changed on the main thread only, free of Qt."""
