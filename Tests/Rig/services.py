"""Starts and ends the parts: as units of systemd in the rig, or as plain processes on this machine.

A plain process is restarted when it fails, as its unit would be; nothing else of systemd is there.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time

DAEMON, GUARDIAN, GPSD = "tulpard.service", "tulpar-guardian.service", "gpsd.service"
LINK = "tulpar-bus@can0.service"


class Failure(Exception):
    """The scenario could not be played."""


def run(*words, check=True):
    result = subprocess.run(words, capture_output=True, text=True)
    if check and result.returncode != 0:
        raise Failure(f"{' '.join(words)}: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout.strip()


class Systemd:
    def __init__(self, plan):
        self.interface = plan["interface"]

    def start(self, *names):
        run("systemctl", "start", "--no-block", *names)

    def restart(self, name):
        run("systemctl", "restart", name)

    def main_process(self, name):
        number = int(run("systemctl", "show", "-P", "MainPID", name))
        if number == 0:
            raise Failure(f"{name} does not run")
        return number

    def stop_all(self, *names):
        """At once, moving or not: SIGTERM alone would be a controlled stop."""
        run("systemctl", "stop", "--no-block", *names, check=False)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            run("systemctl", "kill", "--kill-whom=all", "-s", "KILL", *names, check=False)
            states = run("systemctl", "is-active", *names, check=False).split()
            if all(state in ("inactive", "failed", "unknown") for state in states):
                break
            time.sleep(0.1)
        run("systemctl", "reset-failed", check=False)

    def set_link(self, is_up):
        run("ip", "link", "set", "up" if is_up else "down", self.interface)

    def configure(self, settings):
        """Replaces what the units read at their start."""
        with open("/etc/tulpar/tulpar.conf", "w") as file:
            file.write(settings)


class Processes:
    """`commands` of the plan gives the words of each part; "bus" is a `tulpar bus`, or absent."""

    def __init__(self, plan):
        self.commands, self.folder = plan["commands"], plan["folder"]
        self.interface = plan["interface"]
        self.running, self.wanted, self.lock = {}, set(), threading.Lock()

    def start(self, *names):
        for name in names:
            with self.lock:
                self.wanted.add(name)
                self._spawn(name)

    def _spawn(self, name):
        output = open(f"{self.folder}/{name}.txt", "ab")
        environment = dict(os.environ, RUNTIME_DIRECTORY=f"{self.folder}/run")
        process = subprocess.Popen(self.commands[name], stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=output, env=environment)
        output.close()
        self.running[name] = process
        threading.Thread(target=self._watch, args=(name, process), daemon=True).start()

    def _watch(self, name, process):
        status = process.wait()
        time.sleep(0.2)
        with self.lock:
            if status not in (0, 2) and name in self.wanted and self.running[name] is process \
                    and name.startswith("tulpar"):
                self._spawn(name)

    def restart(self, name):
        self._end(name)
        self.start(name)
        time.sleep(0.3)

    def main_process(self, name):
        process = self.running.get(name)
        if process is None or process.poll() is not None:
            raise Failure(f"{name} does not run")
        return process.pid

    def _end(self, name):
        with self.lock:
            self.wanted.discard(name)
            process = self.running.get(name)
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            process.wait()

    def stop_all(self, *names):
        for name in names:
            self._end(name)

    def set_link(self, is_up):
        if "bus" not in self.commands:
            run("ip", "link", "set", "up" if is_up else "down", self.interface)
        elif not is_up:
            self._end("bus")
        elif self.running.get("bus") is None or self.running["bus"].poll() is not None:
            self.restart("bus")
