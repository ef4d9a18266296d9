"""A page in a real headless Chromium, by the DevTools protocol (pip: websockets)."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time

from websockets.sync.client import connect

NAMES = ("chromium", "chromium-browser", "google-chrome")


def executable():
    found = os.environ.get("TULPAR_CHROMIUM")
    return found or next((path for path in map(shutil.which, NAMES) if path), None)


class Page:
    """One page; what it logged, threw and asked the network for is kept."""

    def __init__(self, url, width=1500, height=1000, dark=False):
        self.folder = tempfile.mkdtemp(prefix="chromium-")
        arguments = [executable(), "--headless=new", "--remote-debugging-port=0",
                     f"--user-data-dir={self.folder}", "--no-first-run", "--disable-gpu",
                     "--no-default-browser-check", "--disable-background-networking",
                     "--force-device-scale-factor=1", "--hide-scrollbars", "about:blank"]
        if os.geteuid() == 0:
            # Its sandbox refuses to run as root, as a build machine does.
            arguments.insert(1, "--no-sandbox")
        self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.problems, self.requests = [], []
        self.numbers = itertools.count(1)
        port = self._port()
        self.socket = connect(self._target(port), max_size=None)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def _port(self):
        path = os.path.join(self.folder, "DevToolsActivePort")
        for _ in range(3000):
            if os.path.exists(path) and os.path.getsize(path):
                with open(path) as stream:
                    return int(stream.readline())
            if self.process.poll() is not None:
                raise RuntimeError(f"chromium ended with {self.process.returncode}")
            time.sleep(0.1)
        raise RuntimeError("chromium gave no port within 300 s")

    @staticmethod
    def _target(port):
        import urllib.request
        for _ in range(1000):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                for target in json.load(answer):
                    if target["type"] == "page":
                        return target["webSocketDebuggerUrl"]
            time.sleep(0.1)
        raise RuntimeError("chromium shows no page")

    def call(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv(timeout=600))
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def _note(self, event):
        parameters = event.get("params", {})
        if event["method"] == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif event["method"] == "Runtime.consoleAPICalled":
            self.problems.append(str(parameters["args"]))
        elif event["method"] == "Log.entryAdded":
            # What the tests themselves do: looking at the pixels.
            if "willReadFrequently" not in parameters["entry"]["text"]:
                self.problems.append(parameters["entry"]["text"])
        elif event["method"] == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
            if not url.startswith("data:"):
                self.requests.append(url)

    def run(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, condition, seconds=300):
        end = time.monotonic() + seconds
        while not self.run(condition):
            if time.monotonic() > end:
                raise RuntimeError(f"not within {seconds} s: {condition}")
            time.sleep(0.05)

    def settle(self):
        """Two frames: what was asked for is drawn after them."""
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def key(self, key):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key)

    def box(self, selector):
        return self.run(f"(() => {{ const node = document.querySelector({json.dumps(selector)});"
                        "node.scrollIntoView({block: 'center'});"
                        "const b = node.getBoundingClientRect();"
                        "return {x: b.x, y: b.y, width: b.width, height: b.height}; })()")

    def picture(self, path, whole=True):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as stream:
            stream.write(base64.b64decode(data["data"]))

    def close(self):
        self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
