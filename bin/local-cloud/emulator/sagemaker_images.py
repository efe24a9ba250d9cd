"""
Images of the local cloud: the build contexts that the stand-in for `docker` recorded (see ../docker_stand_in.py). No
image is built; what a context holds is what can be run.
"""

import os
from pathlib import Path


def folder(image, root=None):
    """Where the context of an image is, or would be. The registry is left out: there is only one here."""
    host, _, rest = image.partition('/')
    name = rest if '.' in host or ':' in host else image
    images = Path(root or os.environ.get('LOCAL_CLOUD_IMAGES') or '/nonexistent')
    return images / name.replace(':', '/').replace('@', '/')


def program(image):
    """The folder to run `node index.js` in; None for an image that was not recorded, or holds another program."""
    context = folder(image) if image else None
    return context if context and (context / 'index.js').is_file() else None
