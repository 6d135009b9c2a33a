"""Stands between a client and the real server."""
import http.client
import http.server
import threading
import urllib.parse

from tests.support.http_handler import QuietHandler


class Proxy(http.server.ThreadingHTTPServer):
    """Hands all on to the real server, but for what its subclasses do."""

    request_queue_size = 128  # who finds it full is heard of a second later

    def __init__(self, url):
        proxy = self

        class Handler(QuietHandler):
            def handle_any(self):
                body = proxy.read(self.rfile, int(self.headers.get("Content-Length", 0)))
                proxy.seen.append((self.path, dict(self.headers)))
                request = f"{self.command} {self.path} {self.headers.get('X-Amz-Target', '')}"
                status, headers, content = proxy.before(request) or proxy.after(request, *self.hand_on(body))
                if proxy.is_lost(request):
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def hand_on(self, body):
                upstream = http.client.HTTPConnection(urllib.parse.urlsplit(proxy.upstream).netloc)
                path, headers = proxy.rewrite(self.path, dict(self.headers))
                upstream.request(self.command, path, body, headers)
                answer = upstream.getresponse()
                content = answer.read()
                upstream.close()
                return answer.status, [(name, value) for name, value in answer.getheaders()
                                       if name.lower().startswith(("x-amz", "content-type"))], content

            do_GET = do_POST = do_PUT = handle_any

        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream, self.seen = url, []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def read(self, file, size):
        """The request's body."""
        return file.read(size)

    def rewrite(self, path, headers):
        """What is asked of the server instead."""
        return path, headers

    def before(self, _request):
        """An answer (status, headers, body) instead of the server's; None: its own."""

    def after(self, _request, status, headers, content):
        """What becomes of the server's answer."""
        return status, headers, content

    def is_lost(self, _request):
        """True if the server's answer does not arrive."""
        return False


class Refusing(Proxy):
    """Refuses requests with `words`, as many as are left to be (None: all), once so many others with
    them were handed on."""

    def __init__(self, url, words, answer, left=None, spared=0):
        super().__init__(url)
        self.words, self.answer, self.left, self.spared = words, answer, left, spared
        self.refused = 0

    def before(self, request):
        if self.words not in request:
            return None
        if self.spared:
            self.spared -= 1
            return None
        if self.left == 0:
            return None
        if self.left is not None:
            self.left -= 1
        self.refused += 1
        return self.answer
