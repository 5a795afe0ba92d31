"""A file whose import never ends."""

import threading

threading.Event().wait()
graph = None
