"""The only onnxruntime code: sessions, providers, inspection of graphs, and the shelf of what is loaded."""
