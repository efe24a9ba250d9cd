import base64
import json
import os
import tempfile
from pathlib import Path
from unittest import mock

from ministack.services import lambda_svc

from in_process import InProcess, function, invoke, zipped

LOADS = """
  const build = require(`some-native/bin/${process.arch}/binding.js`);
  exports.handler = async () => ({ build, js: require('some-native').name });
"""


class Layers(InProcess):
    def test_build_of_this_machine_is_found_after_the_layer(self):
        """The layer has the package with a build for another processor only, NODE_PATH the one for this machine."""
        layer = zipped(
            {
                'nodejs/node_modules/some-native/package.json': '{"name":"some-native","main":"index.js"}',
                'nodejs/node_modules/some-native/index.js': 'exports.name = "from the layer";',
                'nodejs/node_modules/some-native/bin/another/binding.js': 'module.exports = "another";',
            }
        )
        published = json.loads(
            lambda_svc._publish_layer_version('native', {'Content': {'ZipFile': base64.b64encode(layer).decode()}})[2]
        )
        with tempfile.TemporaryDirectory() as folder:
            build = Path(folder, 'some-native', 'bin', os.popen('node -p process.arch').read().strip(), 'binding.js')
            build.parent.mkdir(parents=True)
            build.write_text('module.exports = "from NODE_PATH";')
            with mock.patch.dict(os.environ, NODE_PATH=folder):
                function('fn', LOADS, Layers=[published['LayerVersionArn']], Architectures=['arm64'])
                self.assertEqual(invoke('fn')[2], {'build': 'from NODE_PATH', 'js': 'from the layer'})
