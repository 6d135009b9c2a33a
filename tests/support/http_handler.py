"""What answers in tests' own HTTP servers."""
import http.server


class QuietHandler(http.server.BaseHTTPRequestHandler):
    """Prints no line per request, and takes a client that leaves for the end of its connection."""

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_):
        pass
