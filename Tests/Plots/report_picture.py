"""The top of a report as a picture (pip: websockets; Debian: chromium).

usage: report_picture.py REPORT.html PICTURE.png [SECONDS]
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "CommandLineTests"))

from chromium import Page  # noqa: E402

page = Page(pathlib.Path(sys.argv[1]).resolve().as_uri(), 1280, 900)
try:
    page.run(f"report.view.jump({float(sys.argv[3]) if len(sys.argv) > 3 else 0})")
    page.settle()
    page.settle()
    page.picture(sys.argv[2], whole=False)
finally:
    page.close()
print(sys.argv[2])
