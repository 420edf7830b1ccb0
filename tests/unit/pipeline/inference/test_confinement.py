from __future__ import annotations

import subprocess
import sys

from pipeline.inference.confinement import scrubbed


def test_a_child_sees_no_secret_of_its_parents_environment() -> None:
    environment = {
        "PATH": "/bin",
        "DATABASE_URL": "postgresql://user:secret@host/db",
        "NEUROVIGIE_HOME": "/home",
        "AWS_SECRET_ACCESS_KEY": "x",
        "HTTPS_PROXY": "http://user:secret@proxy",
        "PGPASSWORD": "x",
    }
    assert set(scrubbed(environment)) == {"PATH", "PYTHONUNBUFFERED", "OMP_WAIT_POLICY"}


def test_the_parents_side_never_imports_torch_or_models() -> None:
    program = (
        "import sys, pipeline.inference.child, pipeline.inference.requests, pipeline.triage.__main__; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'monai', 'highdicom', 'models.predict')))"
    )
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=False).returncode == 0
