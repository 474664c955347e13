"""Known vulnerabilities of what the locks hold, asked of the index's advisories or of an OSV server by pip-audit.

    .venv/bin/python .ci/audit.py
    .venv/bin/python .ci/audit.py --osv https://osv.example/v1/query

Ends with 1 where one is known. Where no service answers in time, that is said, and nothing fails: CI has to pass
offline.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "deploy/requirements.lock")
PATIENCE_S = 300


def audited(osv: str | None = None) -> list[dict]:
    """What pip-audit says of each package: ``name``, and ``version`` and ``vulns``, or a ``skip_reason``.

    Raises:
        ValueError, subprocess.SubprocessError: no service answers, or not in time.
    """
    asked = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--timeout", "10"]
    asked += [option for lock in LOCKS for option in ("--requirement", str(REPOSITORY / lock))]
    asked += ["--vulnerability-service", "osv", "--osv-url", osv] if osv else []
    shown = ["--format", "json", "--progress-spinner", "off"]
    done = subprocess.run([*asked, *shown], check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    return json.loads(done.stdout)["dependencies"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Say what is known; 1 where a vulnerability is."""
    parser = argparse.ArgumentParser(description="Known vulnerabilities of what the locks hold.")
    parser.add_argument("--osv", metavar="URL", help="an OSV server's address for queries, in place of the index")
    try:
        packages = audited(parser.parse_args(arguments).osv)
    except (ValueError, KeyError, subprocess.SubprocessError) as error:
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
