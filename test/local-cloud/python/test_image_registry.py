import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from ministack.services import ecr

from emulator import sagemaker_images
from in_process import LOCAL_CLOUD, InProcess

IMAGE = '000000000000.dkr.ecr.us-east-1.amazonaws.com/assets:abc'
PUT = {'repositoryName': 'assets', 'imageTag': 'abc', 'imageManifest': '{"recorded":"it"}'}


class Images(InProcess):
    def setUp(self):
        super().setUp()
        ecr.reset()
        ecr._create_repository({'repositoryName': 'assets'})

    def describe(self, **parameters):
        status, _, body = ecr._describe_images(parameters)
        return status, json.loads(body)

    def test_missing_image_is_an_error(self):
        wanted = {'repositoryName': 'assets', 'imageIds': [{'imageTag': 'abc'}]}
        status, answer = self.describe(**wanted)
        self.assertEqual((status, answer['__type']), (400, 'ImageNotFoundException'))
        ecr._put_image(PUT)
        self.assertEqual(self.describe(**wanted)[1]['imageDetails'][0]['imageTags'], ['abc'])
        self.assertEqual(self.describe(repositoryName='none')[1]['__type'], 'RepositoryNotFoundException')


class DockerStandIn(InProcess):
    def setUp(self):
        super().setUp()
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.context = Path(self.root, 'context')
        self.context.mkdir()
        (self.context / 'index.js').write_text('')

    def docker(self, *arguments, **environment):
        command = [sys.executable, '-B', LOCAL_CLOUD / 'docker_stand_in.py', self.root, *arguments]
        environment = {**os.environ, **environment}
        return subprocess.run(command, cwd=self.context, env=environment, input='', capture_output=True, text=True)

    def test_build_and_tag_record_the_context(self):
        self.assertEqual(self.docker('inspect', 'cdkasset-abc').returncode, 1)
        built = self.docker('build', '--build-arg', 'A=b', '--tag', 'cdkasset-abc', '--platform', 'linux/arm64', '.')
        self.assertIn('no image was built', built.stdout)
        self.assertEqual(self.docker('inspect', 'cdkasset-abc').returncode, 0)
        self.docker('--config', 'any', 'tag', 'cdkasset-abc', IMAGE)
        self.assertTrue((sagemaker_images.folder(IMAGE, self.root) / 'index.js').is_file())

    def test_push_tells_the_registry(self):
        requests = []

        class Registry(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                requests.append((self.headers['X-Amz-Target'], json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        server = HTTPServer(('127.0.0.1', 0), Registry)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        environment = {'AWS_ENDPOINT_URL': f'http://127.0.0.1:{server.server_port}', 'AWS_REGION': 'us-east-1'}
        self.assertIn('was not recorded', self.docker('push', IMAGE, **environment).stderr)
        self.docker('build', '--tag', IMAGE, '.')
        pushed = self.docker('push', IMAGE, **environment)
        self.assertIn('no image was pushed', pushed.stdout)
        [(target, request)] = requests
        self.assertEqual(target.rpartition('.')[2], 'PutImage')
        self.assertEqual((request['repositoryName'], request['imageTag']), ('assets', 'abc'))

    def test_containers_are_not_run(self):
        refused = self.docker('run', '--rm', 'node:22', 'npm', 'ci')
        self.assertEqual(refused.returncode, 1)
        self.assertIn('docker run --rm node:22 npm ci: the local cloud runs no containers', refused.stderr)
        self.assertEqual(self.docker('login', '--username', 'AWS', '--password-stdin', 'registry').returncode, 0)
