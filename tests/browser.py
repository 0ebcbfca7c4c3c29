"""Drives the browser by its DevTools protocol: opens a page, runs expressions in it one after the other, each once the one
before gave its promise's value, and prints each value as a line of JSON. What the page logs goes to standard error.

usage: browser.py PROGRAM PROFILE URL EXPRESSION...
https://chromedevtools.github.io/devtools-protocol/
"""
import base64
import json
import os
import re
import socket
import struct
import subprocess
import sys

PATIENCE = 30


class Socket:
    """A WebSocket to this machine: RFC 6455, texts only."""

    def __init__(self, url):
        host, port, path = re.match(r"ws://([^:/]+):(\d+)(/.*)", url).groups()
        self.raw = socket.create_connection((host, int(port)), PATIENCE)
        key = base64.b64encode(os.urandom(16)).decode()
        self.raw.sendall((f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.file = self.raw.makefile("rb")
        while self.file.readline().strip():
            pass

    def send(self, text):
        data, mask = text.encode(), os.urandom(4)
        size = struct.pack("!BB", 0x81, 0x80 | len(data)) if len(data) < 126 else struct.pack("!BBH", 0x81, 0xFE, len(data))
        self.raw.sendall(size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self):
        text = b""
        while True:
            first, size = self.file.read(2)
            if size == 126:
                size = struct.unpack("!H", self.file.read(2))[0]
            elif size == 127:
                size = struct.unpack("!Q", self.file.read(8))[0]
            text += self.file.read(size)
            if first & 0x80:
                return text.decode()


class Page:
    def __init__(self, sock):
        self.sock, self.last, self.session, self.seen = sock, 0, None, set()

    def take(self):
        message = json.loads(self.sock.receive())
        method, params = message.get("method"), message.get("params", {})
        if method == "Log.entryAdded":
            print(params["entry"]["text"], file=sys.stderr)
        elif method == "Runtime.consoleAPICalled":
            print(*[arg.get("value") for arg in params["args"]], file=sys.stderr)
        elif method:
            self.seen.add(method)
        return message

    def ask(self, method, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.sock.send(json.dumps(message))
        while True:
            answer = self.take()
            if answer.get("id") == self.last:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]

    def wait(self, method):
        while method not in self.seen:
            self.take()
        self.seen.discard(method)


def main(program, profile, url, *expressions):
    browser = subprocess.Popen([program, "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}",
                                "--remote-debugging-port=0"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        address = next(m for m in (re.search(r"DevTools listening on (ws://\S+)", line) for line in browser.stderr) if m)
        page = Page(Socket(address.group(1)))
        target = page.ask("Target.createTarget", url="about:blank")["targetId"]
        page.session = page.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            page.ask(domain + ".enable")
        page.seen.clear()
        page.ask("Page.navigate", url=url)
        page.wait("Page.loadEventFired")
        for expression in expressions:
            if expression == "LOAD":  # what the expression before set off
                page.wait("Page.loadEventFired")
                continue
            value = page.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
            if "exceptionDetails" in value:
                sys.exit(f"{expression}: {value['exceptionDetails']}")
            print(json.dumps(value["result"].get("value")))
    finally:
        browser.kill()
        browser.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
