import json
import threading
import time

from ministack.services import cloudwatch_logs

from emulator import sagemaker_containers, sagemaker_images, sagemaker_logs, sagemaker_models
from emulator.sagemaker_containers import NotRunnable, Unhealthy
from sagemaker_fixtures import (
    IMAGE,
    UNKNOWN_IMAGE,
    WithSageMaker,
    config,
    endpoint,
    impatient,
    invoke,
    is_alive,
    model,
    put_object,
)
from test_sagemaker_models import source


class Processes(WithSageMaker):
    def container(self, **kwargs):
        model(**kwargs)
        log = sagemaker_logs.of_variant('ep', 'AllTraffic')
        made = sagemaker_containers.Container(sagemaker_models.models.get('model'), log, 'sick')
        self.addCleanup(made.stop)
        return made

    def test_environment_and_model_data(self):
        put_object('models', 'v1/a.bin', b'weights')
        container = self.container(mode='fast', ModelDataSource=source('s3://models/v1/', 'S3Prefix'))
        container.start()
        status, _, answer = container.invoke(b'{}', {'Content-Type': 'application/json'})
        answer = json.loads(answer)
        self.assertEqual((status, answer['mode'], answer['files']), (200, 'fast', {'a.bin': 'weights'}))
        self.assertEqual(answer['pid'], container.pid())

    def test_end_with_all_that_they_left(self):
        container = self.container()
        container.start()
        pid, base = container.pid(), container._base
        self.assertTrue(is_alive(pid) and base.exists())
        container.stop()
        self.assertFalse(is_alive(pid) or base.exists())

    def test_answer_what_they_were_asked_before_they_end(self):
        container, answers = self.container(), []
        container.start()
        asking = threading.Thread(target=lambda: answers.append(container.invoke(b'slow', {})[0]))
        asking.start()
        while not container._in_flight:
            time.sleep(0.001)
        container.stop()
        asking.join()
        self.assertEqual(answers, [200])
        with self.assertRaises(sagemaker_containers.Replaced):
            container.invoke(b'{}', {})

    def test_end_when_the_emulator_does(self):
        container = self.container()
        container.start()
        # What the system does with the pipes of a process that is no more.
        container._process.stdin.close()
        self.assertEqual(container._process.wait(5), 0)

    def test_sick_container_is_not_waited_for_for_ever(self):
        container = self.container(mode='sick')
        begun = time.monotonic()
        with impatient(), self.assertRaisesRegex(Unhealthy, '^sick$'):
            container.start()
        self.assertLess(time.monotonic() - begun, sagemaker_containers.STARTUP_SECONDS / 60)
        self.assertIsNone(container.pid())

    def test_image_that_was_not_recorded_does_not_run(self):
        container = self.container(image=UNKNOWN_IMAGE)
        container.start()
        self.assertIsNone(container.pid())
        with self.assertRaisesRegex(NotRunnable, f'does not run the image {UNKNOWN_IMAGE}'):
            container.invoke(b'{}', {})

    def test_output_is_in_the_log_group_of_the_endpoint(self):
        model(mode='loud')
        config()
        endpoint()
        invoke()
        streams = cloudwatch_logs._log_groups['/aws/sagemaker/Endpoints/ep']['streams']
        [(name, stream)] = streams.items()
        self.assertRegex(name, r'^AllTraffic/i-\w+$')
        self.assertEqual([event['message'] for event in stream['events']], ['serving loud'])

    def test_registry_is_no_part_of_an_images_identity(self):
        here = sagemaker_images.program(IMAGE)
        self.assertIsNotNone(here)
        self.assertEqual(sagemaker_images.program(IMAGE.replace('us-east-1', 'eu-west-1')), here)
        self.assertIsNone(sagemaker_images.program(IMAGE.replace(':server', ':other')))
        self.assertIsNone(sagemaker_images.program(None))
