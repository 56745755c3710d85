"""One Qt-free controller per panel: state -> scene -> job -> view."""
