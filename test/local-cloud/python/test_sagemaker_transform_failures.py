import re

from ministack.services import cloudwatch_logs

from emulator import sagemaker_transform_logs
from sagemaker_fixtures import model, put_object
from transform_fixtures import WithTransformJobs, data_log, echoed, log_lines, result, run, with_inputs

PREFIX = r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}:\[sagemaker logs\]: '
NOW = {'ModelClientConfig': {'InvocationsMaxRetries': 0}}


def lines():
    """Of the data log, without what each begins with and without the first."""
    return [re.sub(PREFIX, '', line) for line in data_log()][1:]


class Objects(WithTransformJobs):
    def test_others_go_on_and_are_stored(self):
        with_inputs(a=b'1', b=b'invalid', c=b'2')
        job = run()
        self.assertEqual((job.status, job.failure), ('Failed', 'ClientError: See job logs for more information'))
        self.assertEqual((echoed('a')['body'], result('b'), echoed('c')['body']), ('1', None, '2'))

    def test_data_log_has_the_status_and_the_lines_of_the_answer(self):
        with_inputs(**{'day/a: b.csv': b'explained'})
        run()
        self.assertTrue(all(re.match(PREFIX, line) for line in data_log()))
        name = 'inputs/day/a: b.csv'
        self.assertEqual(
            lines(),
            [f'{name}: ClientError: 422', f'{name}: ', f'{name}: Message:', f'{name}: first: line', f'{name}:   second line'],
        )

    def test_error_of_the_algorithm(self):
        with_inputs(a=b'fail')
        self.assertEqual(run(**NOW).failure, 'AlgorithmError: See job logs for more information')
        self.assertEqual(lines()[0], 'inputs/a: Bad HTTP status received from algorithm: 500')
        self.assertEqual(lines()[-1], 'inputs/a: {"error":"bad model"}')

    def test_container_that_ends(self):
        with_inputs(a=b'crash', b=b'2')
        self.assertEqual(run(**NOW).failure, 'AlgorithmError: See job logs for more information')
        reason = 'Unable to get response from algorithm'
        self.assertEqual(lines(), [f'inputs/a: {reason}', f'inputs/b: {reason}'])

    def test_both_kinds(self):
        with_inputs(a=b'fail', b=b'invalid')
        self.assertEqual(run(**NOW).failure, 'ClientError: See job logs for more information')

    def test_one_record_fails_its_object(self):
        with_inputs(a=b'1\n2\n', b=b'1\n2\ninvalid')
        run(source={'SplitType': 'Line'}, target={'AssembleWith': 'Line'}, BatchStrategy='SingleRecord')
        self.assertEqual((result('a').count(b'\n'), result('b')), (2, None))

    def test_record_over_the_payload(self):
        with_inputs(a=b'1' * (2 * 1024 * 1024))
        self.assertEqual(run(MaxPayloadInMB=1).failure, 'ClientError: See job logs for more information')
        self.assertEqual(lines(), ['inputs/a: Too much data for max payload size'])

    def test_answers_that_cannot_be_joined(self):
        put_object('inputs', 'a', b'1\n2\n')
        model(mode='works')
        source = {'ContentType': 'text/csv', 'SplitType': 'Line'}
        target = {'Accept': 'text/csv', 'AssembleWith': 'Line'}
        job = run(source=source, target=target, DataProcessing={'JoinSource': 'Input'})
        self.assertEqual(job.failure, 'ClientError: See job logs for more information')
        self.assertEqual(lines(), ['inputs/a: Failed to parse output from the algorithm as CSV'])


class Logs(WithTransformJobs):
    def test_streams(self):
        with_inputs(a=b'1')
        run('Job-1')
        names = sorted(cloudwatch_logs._log_groups[sagemaker_transform_logs.GROUP]['streams'])
        self.assertRegex(names[0], r'^Job-1/i-\w{17}-\d{10}$')
        self.assertEqual(names[1], f'{names[0]}/data-log')

    def test_output_of_the_container(self):
        with_inputs(a=b'1')
        run()
        self.assertEqual(log_lines(lambda name: not name.endswith('/data-log')), ['serving works'])

    def test_objects_that_succeed_are_not_named(self):
        with_inputs(a=b'1')
        run()
        self.assertRegex(data_log()[0], PREFIX + 'MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD$')
        self.assertEqual(len(data_log()), 1)
