import time

from ministack.services import lambda_svc, sqs

from in_process import InProcess, alias, create, function, invoke, publish, update


class FromTheTemplate(InProcess):
    def test_reserved_concurrency_throttles_an_alias(self):
        function('fn', ReservedConcurrentExecutions='0')
        alias('fn', publish('fn'))
        self.assertEqual(invoke('fn', {}, 'live')[0], 429)

    def test_reserved_concurrency_follows_an_update(self):
        props = {
            'FunctionName': 'fn',
            'Handler': 'index.handler',
            'Runtime': 'nodejs22.x',
            'Code': {'ZipFile': 'exports.handler = async () => 1;'},
        }
        name, _ = create('AWS::Lambda::Function', {**props, 'ReservedConcurrentExecutions': 0})
        update('AWS::Lambda::Function', name, {**props, 'ReservedConcurrentExecutions': 0}, props)
        self.assertEqual(invoke('fn')[0], 200)

    def test_dead_letter_queue_gets_the_event(self):
        url, attributes = create('AWS::SQS::Queue', {'QueueName': 'dead'})
        function(
            'fn',
            'exports.handler = async () => { throw new Error("no"); };',
            DeadLetterConfig={'TargetArn': attributes['Arn']},
        )
        lambda_svc._put_event_invoke_config('fn', None, {'MaximumRetryAttempts': 0})
        invoke('fn', {'lost': False}, **{'x-amz-invocation-type': 'Event'})
        queue = sqs._queue_by_arn(attributes['Arn'])
        until = time.monotonic() + 5
        while not queue['messages'] and time.monotonic() < until:
            time.sleep(0.05)
        self.assertIn('"lost": false', queue['messages'][0]['body'])
