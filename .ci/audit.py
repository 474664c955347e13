"""Known vulnerabilities of what requirements.lock holds, asked of the advisories that pip-audit knows.

Fails where one is known. Where no service answers in time, that is said, and nothing fails: CI has to pass offline.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
PATIENCE_S = 120
TOOL = "pip-audit==2.10.1"


def audited() -> list[dict]:
    """What pip-audit says of each package; it is installed for the moment, beside everything else.

    Raises:
        OSError, ValueError, subprocess.SubprocessError: it can't be had, or says nothing.
    """
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([sys.executable, "-m", "venv", place], check=True, capture_output=True)
        tool, told = Path(place, "bin"), {"capture_output": True, "text": True, "timeout": PATIENCE_S}
        subprocess.run([tool / "pip", "install", "--quiet", TOOL], check=True, **told)
        asked = [tool / "pip-audit", "--requirement", LOCK, "--disable-pip", "--require-hashes", "--timeout", "10"]
        done = subprocess.run([*asked, "--format", "json", "--progress-spinner", "off"], check=False, **told)
        return json.loads(done.stdout)["dependencies"]


def main() -> int:
    """Say what is known; 1 where a vulnerability is."""
    try:
        packages = audited()
    except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
        print(f"audit: not asked ({type(error).__name__}): no service answered.")
        return 0
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        print(f"audit: not asked: the service that answered knows none of {len(packages)} packages.")
        return 0
    found = [(package, one) for package in known for one in package["vulns"]]
    for package, one in found:
        mended = ", ".join(one["fix_versions"]) or "no version yet"
        print(f"audit: {package['name']} {package['version']}: {one['id']}, mended in {mended}.")
    print(f"audit: {len(known)} of {len(packages)} packages asked for, {len(found)} known vulnerabilities.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
