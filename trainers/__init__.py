"""Trains generative models and writes them as bundles; PyTorch, command line."""

import os

# onnxruntime 1.31 and later keep a device identifier in the user's cache and report usage over the network, unless this
# stands before its import. This program talks to nobody.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
