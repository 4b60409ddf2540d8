"""Serve Oscar as Almakane is served: one process, eight threads."""

import os
import sys

import django
from waitress import create_server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oscar_settings")
django.setup()

from django.core.wsgi import get_wsgi_application

server = create_server(get_wsgi_application(), host="127.0.0.1", port=0, threads=8)
sys.stdout.write(f"{server.effective_port}\n")
sys.stdout.flush()
server.run()
