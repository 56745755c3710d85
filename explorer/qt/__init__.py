"""The Qt shell: everything that is shown, and nothing that is computed."""
